/** Everything a report may cite, as BibTeX. Keys are what methods text uses in `[@key]`. */
const entries: Record<string, { type: string; fields: Record<string, string> }> = {
  lin1991: {
    type: "article",
    fields: {
      author: "Lin, Jianhua",
      title: "Divergence measures based on the {Shannon} entropy",
      journal: "IEEE Transactions on Information Theory",
      volume: "37",
      number: "1",
      pages: "145--151",
      year: "1991",
      doi: "10.1109/18.61115",
    },
  },
  endres2003: {
    type: "article",
    fields: {
      author: "Endres, Dominik M. and Schindelin, Johannes E.",
      title: "A new metric for probability distributions",
      journal: "IEEE Transactions on Information Theory",
      volume: "49",
      number: "7",
      pages: "1858--1860",
      year: "2003",
      doi: "10.1109/TIT.2003.813506",
    },
  },
  efron1993: {
    type: "book",
    fields: {
      author: "Efron, Bradley and Tibshirani, Robert J.",
      title: "An Introduction to the Bootstrap",
      publisher: "Chapman \\& Hall",
      year: "1993",
    },
  },
  chao2013: {
    type: "article",
    fields: {
      author: "Chao, Anne and Wang, Y. T. and Jost, Lou",
      title: "Entropy and the species accumulation curve: a novel entropy estimator via discovery rates of new species",
      journal: "Methods in Ecology and Evolution",
      volume: "4",
      number: "11",
      pages: "1091--1100",
      year: "2013",
      doi: "10.1111/2041-210X.12108",
    },
  },
  miller1955: {
    type: "incollection",
    fields: {
      author: "Miller, George A.",
      title: "Note on the bias of information estimates",
      booktitle: "Information Theory in Psychology: Problems and Methods",
      editor: "Quastler, Henry",
      pages: "95--100",
      year: "1955",
    },
  },
  westfall1993: {
    type: "book",
    fields: {
      author: "Westfall, Peter H. and Young, S. Stanley",
      title: "Resampling-Based Multiple Testing: Examples and Methods for p-Value Adjustment",
      publisher: "Wiley",
      address: "New York",
      year: "1993",
    },
  },
  reiter2003: {
    type: "article",
    fields: {
      author: "Reiter, Jerome P.",
      title: "Inference for partially synthetic, public use microdata sets",
      journal: "Survey Methodology",
      volume: "29",
      number: "2",
      pages: "181--188",
      year: "2003",
    },
  },
  holm1979: {
    type: "article",
    fields: {
      author: "Holm, Sture",
      title: "A simple sequentially rejective multiple test procedure",
      journal: "Scandinavian Journal of Statistics",
      volume: "6",
      number: "2",
      pages: "65--70",
      year: "1979",
    },
  },
  benjamini1995: {
    type: "article",
    fields: {
      author: "Benjamini, Yoav and Hochberg, Yosef",
      title: "Controlling the false discovery rate: a practical and powerful approach to multiple testing",
      journal: "Journal of the Royal Statistical Society: Series B",
      volume: "57",
      number: "1",
      pages: "289--300",
      year: "1995",
      doi: "10.1111/j.2517-6161.1995.tb02031.x",
    },
  },
  hurlbert1971: {
    type: "article",
    fields: {
      author: "Hurlbert, Stuart H.",
      title: "The nonconcept of species diversity: a critique and alternative parameters",
      journal: "Ecology",
      volume: "52",
      number: "4",
      pages: "577--586",
      year: "1971",
      doi: "10.2307/1934145",
    },
  },
  hill1973: {
    type: "article",
    fields: {
      author: "Hill, M. O.",
      title: "Diversity and evenness: a unifying notation and its consequences",
      journal: "Ecology",
      volume: "54",
      number: "2",
      pages: "427--432",
      year: "1973",
      doi: "10.2307/1934352",
    },
  },
  chao1984: {
    type: "article",
    fields: {
      author: "Chao, Anne",
      title: "Nonparametric estimation of the number of classes in a population",
      journal: "Scandinavian Journal of Statistics",
      volume: "11",
      number: "4",
      pages: "265--270",
      year: "1984",
    },
  },
  wang2025: {
    type: "misc",
    fields: {
      author: "Wang, Steven and Hunt, Kyle and Tang, Shaojie and Joseph, Kenneth",
      title:
        "Can finetuning {LLMs} on small human samples increase heterogeneity, alignment, and belief-action coherence?",
      year: "2025",
      eprint: "2511.21218",
      archiveprefix: "arXiv",
      url: "https://arxiv.org/abs/2511.21218",
    },
  },
  schuirmann1987: {
    type: "article",
    fields: {
      author: "Schuirmann, Donald J.",
      title:
        "A comparison of the two one-sided tests procedure and the power approach for assessing the equivalence of average bioavailability",
      journal: "Journal of Pharmacokinetics and Biopharmaceutics",
      volume: "15",
      number: "6",
      pages: "657--680",
      year: "1987",
      doi: "10.1007/BF01068419",
    },
  },
  angelopoulos2023: {
    type: "article",
    fields: {
      author:
        "Angelopoulos, Anastasios N. and Bates, Stephen and Fannjiang, Clara and Jordan, Michael I. and Zrnic, Tijana",
      title: "Prediction-powered inference",
      journal: "Science",
      volume: "382",
      number: "6671",
      pages: "669--674",
      year: "2023",
      doi: "10.1126/science.adi6000",
    },
  },
  angelopoulos2023pp: {
    type: "misc",
    fields: {
      author: "Angelopoulos, Anastasios N. and Duchi, John C. and Zrnic, Tijana",
      title: "{PPI++}: Efficient prediction-powered inference",
      year: "2023",
      eprint: "2311.01453",
      archiveprefix: "arXiv",
    },
  },
  hu2022lora: {
    type: "inproceedings",
    fields: {
      author:
        "Hu, Edward J. and Shen, Yelong and Wallis, Phillip and Allen-Zhu, Zeyuan and Li, Yuanzhi and Wang, Shean and Wang, Lu and Chen, Weizhu",
      title: "{LoRA}: Low-rank adaptation of large language models",
      booktitle: "International Conference on Learning Representations",
      year: "2022",
    },
  },
  proband: {
    type: "software",
    fields: {
      title: "Proband: how far a language model can stand in for the rest of the participants",
      year: "2026",
    },
  },
};

/** Keys that can be cited. */
export const citationKeys: readonly string[] = Object.keys(entries);

/**
 * BibTeX of these keys (each once, in the order given). Unknown keys throw. `extra` are entries of your own, as text,
 * put at the end.
 */
export function bibtex(keys: readonly string[], extra: readonly string[] = []): string {
  const made = [...new Set(keys)].map((key) => {
    const entry = entries[key];
    if (!entry) throw new Error(`no citation ${key}; there are ${citationKeys.join(", ")}`);
    const fields = Object.entries(entry.fields).map(([name, value]) => `  ${name} = {${value}}`);
    return `@${entry.type}{${key},\n${fields.join(",\n")}\n}`;
  });
  return [...made, ...extra].join("\n\n") + "\n";
}

/** The keys that a text cites as `[@key]` or `[@key; @other]`, in order of first mention. */
export function citedIn(text: string): string[] {
  return [...new Set([...text.matchAll(/@([a-z][a-z0-9]*)/g)].map((m) => m[1]!))].filter((k) => k in entries);
}
