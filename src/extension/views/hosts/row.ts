/** A row of the tree, in words and names; the view makes a `TreeItem` of it. */
export interface Row {
  readonly label: string;
  readonly description: string;
  /** A codicon, and the theme colour that repeats what its shape says. */
  readonly icon: { readonly id: string; readonly color: string | undefined };
  /** What the menus' conditions look for, separated by spaces. */
  readonly contextValue: string;
  /** Spoken by a screen reader: name and state first. */
  readonly accessibilityLabel: string;
  /** The command that choosing the row runs on its host; none where choosing only selects. */
  readonly command?: string;
}

/** Whether two rows look the same: only then nothing is redrawn. */
export function isSameRow(a: Row, b: Row): boolean {
  return (
    a.label === b.label &&
    a.description === b.description &&
    a.icon.id === b.icon.id &&
    a.icon.color === b.icon.color &&
    a.contextValue === b.contextValue &&
    a.command === b.command &&
    a.accessibilityLabel === b.accessibilityLabel
  );
}
