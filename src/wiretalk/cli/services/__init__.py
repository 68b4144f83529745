"""The options of `wiretalk serve` that one service alone has; one service a file.

Such a module has

- `OPTIONS`: where argparse keeps each of its options, and how it is written; None is what is there if it is not given,
- `build(parser)`, which adds them to the parser of `serve`,
- `service(arguments)`, which makes the service out of them, or raises a `UsageError`.
"""
