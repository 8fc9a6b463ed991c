# Second source of the probit: base R's glm (its errors are of the expected information, so only estimates compare).
#   Rscript test/reference/regression/base.R > test/regression/fixtures/probit-r.json   (from the repository's root)
anes <- read.table("data/anes96/anes96.tsv", header = TRUE, sep = "\t", quote = "'")
m <- glm(vote ~ selfLR + ClinLR + DoleLR + PID + age + educ + income, binomial("probit"), anes, control = glm.control(epsilon = 1e-15, maxit = 100))
cat(sprintf('{"source":"%s","coef":[%s],"logLik":%.17g}\n', R.version.string, paste(sprintf("%.17g", coef(m)), collapse = ","), as.numeric(logLik(m))))
