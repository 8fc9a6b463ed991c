# Second source of t-test power: base R's power.t.test (strict counts both tails).
#   Rscript test/reference/power.R > test/sampling/fixtures/power-r.json
rows <- c()
for (d in c(0.1, 0.3, 0.5, 1, 2)) for (n in c(5, 30, 200)) for (a in c(0.01, 0.05)) for (s in c("two.sided", "one.sided")) {
  p <- power.t.test(n = n, delta = d, sd = 1, sig.level = a, alternative = s, strict = TRUE)$power
  rows <- c(rows, sprintf('{"effect":%s,"n":%d,"alpha":%s,"alternative":"%s","power":%.17g}', d, n, a, if (s == "two.sided") "two-sided" else "larger", p))
}
cat(sprintf('{"source":"%s, power.t.test","cases":[%s]}\n', R.version.string, paste(rows, collapse = ",")))
