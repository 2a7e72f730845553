import { mutateBytes } from "../bytes.js";
import { type Draw, isConfiguration, lintAll, mutateFiles, mutateText } from "../case.js";
import { mutateTokens, plantTemplates } from "../tokens.js";
import { file, filesIn } from "../tree.js";

/** Trees of the fixtures, bytes changed. */
export const treeBytes: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  const files = filesIn(tree).filter(isConfiguration);
  for (let left = files.length === 0 ? 0 : random.int(1, 3); left > 0; left -= 1) {
    const path = random.pick(files);
    const [own, other] = [tree.get(path), tree.get(random.pick(files))];
    if (own?.kind === "file" && other?.kind === "file")
      tree.set(path, file(mutateBytes(own.bytes, other.bytes, random)));
  }
  return lintAll(tree, random);
};

/** Trees of the fixtures, words and blocks changed. */
export const treeTokens: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  mutateFiles(tree, random, mutateTokens);
  return lintAll(tree, random);
};

/** Configuration of others, either kind of change. */
export const corpus: Draw = (random, sources) => {
  const tree = sources.corpus.pick(random);
  mutateFiles(tree, random, mutateText, (path) => /conf|ini|nginx|php|fpm|j2|erb|tmpl/.test(path));
  return lintAll(tree, random);
};

const NAMES = [".j2", ".erb", ".mustache", ".template", ".tmpl", ".tpl", ".in", ".dist", ".envsubst", ".ep"];

/** Template language in both halves, files named as templates are. */
export const templates: Draw = (random, { fixtures }) => {
  const tree = fixtures.pick(random);
  mutateFiles(tree, random, plantTemplates);
  if (random.chance(0.4)) mutateFiles(tree, random, mutateTokens);
  for (const path of filesIn(tree)) {
    const node = tree.get(path);
    if (node === undefined || !isConfiguration(path) || !random.chance(0.3)) continue;
    tree.set(path + random.pick(NAMES), node);
    if (random.chance(0.7)) tree.delete(path);
  }
  return lintAll(tree, random);
};
