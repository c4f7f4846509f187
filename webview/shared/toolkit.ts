import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
} from '@vscode/webview-ui-toolkit';

/**
 * Registers the controls that pages use. The only file that knows the toolkit, whose repository is archived: to take
 * another, provide elements of these names here. It is a script of its own, so that the page can stand before.
 */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
  );
  // It takes the editor's colours over when it hears that the page was loaded, which was before
  if (document.readyState === 'complete') {
    window.dispatchEvent(new Event('load'));
  }
}

/** `vscode-checkbox` */
export interface CheckboxControl extends HTMLElement {
  checked: boolean;
}

/** `vscode-dropdown`, with a `vscode-option` for each choice */
export interface DropdownControl extends HTMLElement {
  value: string;
}
