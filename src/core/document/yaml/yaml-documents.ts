import {
  Composer,
  type CST,
  type Document,
  type DocumentOptions,
  Lexer,
  type ParseOptions,
  Parser,
  type SchemaOptions,
} from 'yaml';

export type YamlOptions = Omit<ParseOptions, 'lineCounter' | 'prettyErrors'> & DocumentOptions & SchemaOptions;

/** Where the first value begins that has too many around it. */
export interface TooDeep {
  readonly tooDeepAt: number;
}

/**
 * Reads a text with the package `yaml`, as its `parseAllDocuments` does; of an empty text, one empty document. The package takes a text
 * apart without recursion, and goes down into what it found with it: near the end of the stack V8 can end the whole process, and
 * no `catch` helps. So the text is given up where it first is more than `levels` deep, before anything goes down.
 */
export function yamlDocuments(
  text: string,
  levels: number,
  options: YamlOptions,
): readonly Document.Parsed[] | TooDeep {
  return withoutStackTraces(() => {
    const tokens = tokensOf(text, levels);
    if ('tooDeepAt' in tokens) return tokens;
    return [
      ...new Composer({ ...options, prettyErrors: false }).compose(tokens, true, text.length),
    ] as Document.Parsed[];
  });
}

function tokensOf(text: string, levels: number): readonly CST.Token[] | TooDeep {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  // On the stack lie the document, the maps and lists that are open, and maybe a scalar.
  const most = levels + 2;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > most) return { tooDeepAt: parser.stack[most - 1]?.offset ?? 0 };
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** A text can be one mistake after another, each of which the package makes an Error of: with a stack trace that is eight times as slow. */
function withoutStackTraces<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
