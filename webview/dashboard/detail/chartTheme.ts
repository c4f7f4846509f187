/** Colours of the editor's theme as a canvas takes them. */
export interface ChartTheme {
  readonly lines: readonly string[];
  readonly grid: string;
  readonly text: string;
  readonly crosshair: string;
  readonly background: string;
  readonly font: string;
}

const lineVariables = [
  '--vscode-charts-blue',
  '--vscode-charts-green',
  '--vscode-charts-purple',
  '--vscode-charts-yellow',
];

export function readChartTheme(): ChartTheme {
  const style = getComputedStyle(document.body);
  const read = (name: string, or: string): string => style.getPropertyValue(name).trim() || or;
  const text = read('--vscode-foreground', '#888888');
  return {
    lines: lineVariables.map((name) => read(name, text)),
    // Borders of high contrast would hide what is drawn
    grid: `color-mix(in srgb, ${text} 18%, transparent)`,
    text: read('--vscode-descriptionForeground', text),
    crosshair: text,
    background: read('--vscode-editor-background', '#000000'),
    font: read('--vscode-font-family', 'sans-serif'),
  };
}

/** Lines of one colour are told apart by their strokes. */
export function dashOf(index: number): readonly number[] {
  return [[], [6, 3], [2, 2], [8, 3, 2, 3]][Math.floor(index / lineVariables.length) % 4] ?? [];
}
