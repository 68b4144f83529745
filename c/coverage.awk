# Sums up what `gcov -n` tells of the sources, file by file, and fails where fewer lines are run than `least` percent.
/^File '/ {
  file = substr($0, 7, length($0) - 7)
}

/^Lines executed:/ && file != "" {
  split($0, part, /[:% ]+/)
  percent = part[3]
  lines = part[5]
  if (file ~ /(^|\/)src\// && !(file in counted)) {
    counted[file] = 1
    run += percent * lines / 100
    all += lines
    sub(/.*\/?src\//, "src/", file)
    printf "%6.2f %% of %4d lines  %s\n", percent, lines, file
  }
  file = ""
}

END {
  if (all == 0) {
    print "no lines were counted"
    exit 1
  }
  printf "%6.2f %% of %4d lines  all of it\n", 100 * run / all, all
  if (100 * run < least * all) {
    print "fewer than " least " %"
    exit 1
  }
}
