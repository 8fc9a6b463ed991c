/** Answer options as a tree of tokens: what several options begin with is computed once. */

export interface OptionTree {
  /** Tokens to compute behind the prompt; `parent` is a node before it, or −1 for the prompt's last token. */
  nodes: { token: number; parent: number }[];
  /** For each option its predictions: after `node` (−1: the prompt) comes `token`. */
  options: { node: number; token: number }[][];
}

export function optionTree(paths: number[][]): OptionTree {
  const nodes: OptionTree["nodes"] = [];
  const children = new Map<string, number>();
  const options = paths.map((path) => {
    let node = -1;
    return path.map((token, i) => {
      const prediction = { node, token };
      // A last token is predicted but predicts nothing, so it is no node.
      if (i < path.length - 1) {
        const key = `${node} ${token}`;
        let next = children.get(key);
        if (next === undefined) {
          next = nodes.push({ token, parent: node }) - 1;
          children.set(key, next);
        }
        node = next;
      }
      return prediction;
    });
  });
  return { nodes, options };
}
