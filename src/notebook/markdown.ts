import MarkdownIt from "markdown-it";

// HTML in Markdown stays text: a notebook may hold words that came from data.
const markdown = new MarkdownIt({ html: false, linkify: true, typographer: false });

/** Markdown as HTML in which nothing runs. */
export const renderPlainMarkdown = (source: string): string => markdown.render(source);
