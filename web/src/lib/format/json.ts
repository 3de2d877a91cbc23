/** A piece of JSON text, and what it is, for colouring. */
export interface Token {
  text: string;
  kind: 'name' | 'string' | 'number' | 'word' | 'mark';
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const indent = '  ';

/**
 * The tokens of JSON text, with line breaks and indents between them; undefined if it is none.
 * Values are those of the text: large numbers and repeated names stay what they are.
 */
export function pretty(text: string): Token[] | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const found = text.match(token) ?? [];
  const out: Token[] = [];
  let depth = 0;
  const mark = (text: string) => out.push({ text, kind: 'mark' });
  const line = () => `\n${indent.repeat(depth)}`;
  found.forEach((text, i) => {
    const empty = (text === '{' && found[i + 1] === '}') || (text === '[' && found[i + 1] === ']');
    if (text === '{' || text === '[') {
      if (!empty) depth++;
      mark(empty ? text : text + line());
    } else if (text === '}' || text === ']') {
      const opened = found[i - 1] === '{' || found[i - 1] === '[';
      if (!opened) depth--;
      mark(opened ? text : line() + text);
    } else if (text === ',') mark(text + line());
    else if (text === ':') mark(': ');
    else out.push({ text, kind: kindOf(text, found[i + 1] === ':') });
  });
  return out;
}

/** JSON text with a member a line; other text as it is. */
export function printed(text: string): string {
  return pretty(text)?.map((token) => token.text).join('') ?? text;
}

function kindOf(text: string, named: boolean): Token['kind'] {
  if (text.startsWith('"')) return named ? 'name' : 'string';
  return /^[-\d]/.test(text) ? 'number' : 'word';
}
