# Writes all of libwiretalk's sources as one file, for `make dist`.
#
#   LC_ALL=C awk -f amalgamate.awk ../LICENSE include/wiretalk.h src/*.c src/framing/*.c …      (in the order of the floors)
#
# The rule: a banner with the version and the licence; WTI_AMALGAMATION is defined; then every source, lowest floor first,
# by name within a room. A line `#include "NAME"` gives way to the header src/NAME the first time, and is left out after
# that; wiretalk.h alone stays an include. Each file begins with a line that names it. All else stays as it is.

function put(path, name,    line, header) {
  print "/* ---------------- " name " */"
  while ((getline line < path) > 0) {
    if (line ~ /^#include "[^"]*"$/ && line != "#include \"wiretalk.h\"") {
      header = substr(line, 11, length(line) - 11)
      if (!(header in seen)) {
        seen[header] = 1
        put("src/" header, "src/" header)
      }
    } else {
      print line
    }
  }
  close(path)
}

function version_in(path,    line) {
  while ((getline line < path) > 0) {
    if (line ~ /^#define WT_VERSION "/) {
      close(path)
      return substr(line, 21, length(line) - 21)
    }
  }
  return ""
}

BEGIN {
  print "/*"
  print " * wiretalk.c: libwiretalk " version_in(ARGV[2]) ", all of it in one file. Compile it with your program; wiretalk.h, beside it, is"
  print " * the manual. Made from the library's sources, so change those."
  print " *"
  while ((getline line < ARGV[1]) > 0) {
    print (line == "" ? " *" : " * " line)
  }
  print " */"
  print "#define WTI_AMALGAMATION"
  for (i = 3; i < ARGC; i++) {
    put(ARGV[i], ARGV[i])
  }
}
