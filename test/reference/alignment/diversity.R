# Diversity by vegan, by hand: Rscript diversity.R > ../../alignment/fixtures/diversity-vegan.json
suppressMessages(library(vegan))
json <- function(x) if (is.list(x)) paste0("{", paste(sprintf("\"%s\":%s", names(x), sapply(x, json)), collapse = ","), "}") else
  if (is.character(x)) sprintf("\"%s\"", x) else
  if (length(x) == 1) format(x, digits = 17) else paste0("[", paste(sapply(x, function(v) if (is.infinite(v)) "\"Infinity\"" else format(v, digits = 17)), collapse = ","), "]")
data(BCI)
cases <- list(BCI1 = as.integer(BCI[1, ]), BCI50 = as.integer(BCI[50, ]), small = c(1L, 2L, 3L, 4L, 5L), singles = c(0L, 1L, 1L, 4L, 2L, 5L, 2L, 4L, 1L, 2L))
rows <- lapply(cases, function(x) {
  x <- x[x > 0]
  sizes <- unique(pmax(1, round(sum(x) * c(.05, .25, .5, .9, 1))))
  rare <- suppressWarnings(rarefy(x, sizes, se = TRUE))
  if (length(sizes) == 1) rare <- matrix(rare, nrow = 2)
  est <- estimateR(x)
  list(counts = x, sizes = sizes, expected = as.numeric(rare[1, ]), sd = as.numeric(rare[2, ]),
       orders = c(0, .5, 1, 2, 10), hill = as.numeric(renyi(x, scales = c(0, .5, 1, 2, 10), hill = TRUE)),
       hillInfinity = as.numeric(renyi(x, scales = Inf, hill = TRUE)), shannonBits = as.numeric(diversity(x, base = 2)), chao1 = as.numeric(est["S.chao1"]))
})
cat(json(c(list(source = paste("vegan", packageVersion("vegan"))), rows)), "\n", sep = "")
