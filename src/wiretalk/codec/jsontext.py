"""json: the value is what JSON says (RFC 8259), in UTF-8. NaN and the infinities are no JSON, and are refused."""

from __future__ import annotations

from json import JSONDecodeError, JSONDecoder, JSONEncoder

from wiretalk.codec.base import Codec
from wiretalk.errors import CodecError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_decode = JSONDecoder(parse_constant=_refuse).decode
_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class JsonText(Codec):
    """JSON, written without spaces."""

    __slots__ = ()

    def decode(self, message: bytes) -> Any:
        try:
            return _decode(message.decode())
        except UnicodeDecodeError as error:
            raise CodecError(f"not JSON: not UTF-8: byte {message[error.start]:02x} at offset {error.start}") from None
        except JSONDecodeError as error:
            offset = len(error.doc[: error.pos].encode())
            raise CodecError(f"not JSON: {error.msg} at offset {offset}") from None
        except ValueError as error:
            # What follows a semicolon is advice on Python's own settings.
            raise CodecError(f"not JSON: {str(error).partition(';')[0]}") from None
        except RecursionError:
            raise CodecError("JSON nested too deep") from None

    def encode(self, value: Any) -> bytes:
        try:
            return _encode(value).encode()
        except UnicodeEncodeError as error:
            surrogate = ord(error.object[error.start])
            raise CodecError(f"no JSON can be made of a lone surrogate, U+{surrogate:04X}", by="us") from None
        except (TypeError, ValueError) as error:
            raise CodecError(f"no JSON can be made of it: {error}", by="us") from None
        except RecursionError:
            raise CodecError("no JSON can be made of it: nested too deep", by="us") from None
