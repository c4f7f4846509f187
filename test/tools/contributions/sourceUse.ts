import * as ts from 'typescript';

/** An id in the code, and where. */
export interface Named {
  readonly id: string;
  /** `file:line`. */
  readonly where: string;
}

/** What the extension's code says about what package.json contributes. */
export interface SourceUse {
  /** Ids that stand for themselves: registered, looked up, or in a table of what is registered. */
  readonly named: readonly Named[];
  /** Ids of commands that are run: that does not register them. */
  readonly executed: readonly Named[];
  /** Views that get their content. */
  readonly views: readonly Named[];
  /** Context keys that are set. */
  readonly contextKeys: readonly Named[];
  /** Walkthroughs that are opened. */
  readonly walkthroughs: readonly Named[];
  /** Ids put together at run time, which nobody can check. */
  readonly dynamic: readonly Named[];
}

const idPattern = /^vmDeck(\.\w+)*$/;

const viewMakers = new Set([
  'createTreeView',
  'registerTreeDataProvider',
  'registerWebviewViewProvider',
]);

function calleeName(call: ts.CallExpression): string {
  const callee = call.expression;
  return ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText();
}

/** What a literal is to the call that it is an argument of. */
function roleOf(literal: ts.StringLiteralLike): keyof SourceUse {
  const call = literal.parent;
  if (!ts.isCallExpression(call)) {
    return 'named';
  }
  const name = calleeName(call);
  const position = call.arguments.indexOf(literal);
  const first = call.arguments[0];
  if (name === 'setContext' && position === 0) {
    return 'contextKeys';
  }
  if (name === 'executeCommand') {
    const sets =
      first !== undefined && ts.isStringLiteralLike(first) && first.text === 'setContext';
    return sets && position === 1 ? 'contextKeys' : position === 0 ? 'executed' : 'named';
  }
  return viewMakers.has(name) && position === 0 ? 'views' : 'named';
}

/** Whether a literal stands in a type, which says nothing about what happens. */
function isInType(node: ts.Node): boolean {
  return ts.isLiteralTypeNode(node.parent) || ts.isPropertySignature(node.parent);
}

/** Collects the ids in source files, given as texts by their names. */
export function readSources(files: ReadonlyMap<string, string>): SourceUse {
  const use: Record<keyof SourceUse, Named[]> = {
    named: [],
    executed: [],
    views: [],
    contextKeys: [],
    walkthroughs: [],
    dynamic: [],
  };
  for (const [name, text] of files) {
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true);
    const at = (node: ts.Node) =>
      `${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    const visit = (node: ts.Node): void => {
      if (ts.isTemplateExpression(node) && /^(.*[^\w])?vmDeck\.[\w.]*$/.test(node.head.text)) {
        use.dynamic.push({ id: node.getText(), where: at(node) });
      } else if (ts.isStringLiteralLike(node) && !isInType(node)) {
        const walkthrough = /^vm-deck\.vm-deck#([\w.-]+)/.exec(node.text)?.[1];
        if (walkthrough !== undefined) {
          use.walkthroughs.push({ id: walkthrough, where: at(node) });
        } else if (idPattern.test(node.text)) {
          use[roleOf(node)].push({ id: node.text, where: at(node) });
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return use;
}
