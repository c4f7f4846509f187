import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Locator, Page } from 'playwright-core';

import { cacheFolder } from '../rig/cacheFolder.ts';

/** A text that is the whole of what an element shows. */
function exactly(text: string): RegExp {
  return new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*$`);
}

/**
 * The workbench as a person uses it: what they see, as locators to wait on, and what they do. Every step waits for
 * what it needs; nothing here waits for a fixed time unless the workbench itself ignores an earlier click.
 */
export class WorkbenchPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Loads the window anew, with the editors that are open: the workbench saves these every 5 s, and not at a reload. */
  async reload(): Promise<void> {
    await this.page.waitForTimeout(8_000);
    await this.page.reload();
  }

  /** Opens VM Deck's view container by its icon in the activity bar, and waits for the tree or the welcome text. */
  async openVmDeck(): Promise<void> {
    const icon = this.page.locator('.activitybar .action-item', {
      has: this.page.locator('.action-label[aria-label^="VM Deck"]'),
    });
    await icon.waitFor();
    // A click on the icon of what is open already would close it.
    if (!((await icon.getAttribute('class')) ?? '').split(' ').includes('checked')) {
      await icon.locator('.action-label').click();
    }
    await this.rows().or(this.welcome()).first().waitFor();
  }

  /** Drags the edge of the side bar until it is so many pixels wide. */
  async widenSideBar(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (box === null) {
      throw new Error('the side bar is closed');
    }
    const y = box.y + box.height / 2;
    await this.page.mouse.move(box.x + box.width, y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width, y, { steps: 5 });
    await this.page.mouse.up();
  }

  /** The text that an empty view shows. */
  welcome(): Locator {
    return this.page.locator('.sidebar .welcome-view-content:visible');
  }

  /** All rows of the side bar's trees. Only those that are scrolled into view are there. */
  rows(): Locator {
    return this.page.locator('.sidebar .pane-body .monaco-list-row:has(.label-name)');
  }

  /** The row whose label is exactly this. What it says besides (the description) is in its text as well. */
  row(label: string): Locator {
    return this.rows().filter({
      has: this.page.locator('.label-name').filter({ hasText: exactly(label) }),
    });
  }

  /** What a row says after its label. */
  rowDescription(label: string): Locator {
    return this.row(label).locator('.label-description');
  }

  /** The row's icon: a state is told by its shape, as `codicon-vm-running`. */
  rowIcon(label: string, codicon: string): Locator {
    return this.row(label).locator(`.custom-view-tree-node-item-icon.codicon-${codicon}`);
  }

  /** Opens a row that is closed. */
  async expandRow(label: string): Promise<void> {
    const row = this.row(label);
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') {
      await row.locator('.monaco-tl-twistie').click();
    }
    await this.page.locator(`.monaco-list-row[aria-expanded="true"]`).and(row).waitFor();
  }

  /** Selects the rows, as with Ctrl held down. */
  async selectRows(...labels: readonly string[]): Promise<void> {
    for (const [index, label] of labels.entries()) {
      const modifiers = index === 0 ? [] : (['Control'] as const);
      await this.row(label).click({ modifiers: [...modifiers] });
    }
  }

  /** Moves the focus of the tree, which has the keyboard, to the row: down from the top, key by key. */
  async focusRow(label: string): Promise<void> {
    const focused = this.row(label).and(this.page.locator('.focused'));
    const patienceMs = 500;
    for (let round = 0; round < 10; round++) {
      await this.page.keyboard.press('Home');
      for (let down = await this.rows().count(); down > 0; down--) {
        await this.page.keyboard.press('ArrowDown');
        // On a busy machine the tree may be drawn anew under a key, which is lost then
        const there = await focused.waitFor({ timeout: patienceMs }).then(
          () => true,
          () => false,
        );
        if (there) {
          return;
        }
      }
    }
    throw new Error(`The focus did not come to ${label}`);
  }

  /** Clicks an icon at the end of a row, which is there while the pointer is over the row. */
  async clickInline(label: string, action: string): Promise<void> {
    const row = this.row(label);
    await row.hover();
    const icon = row.locator(`.actions .action-label[aria-label^="${action}"]`);
    await icon.click();
    // A row that was just being drawn anew is not known to the extension for a moment, which says so
    const missed = this.notification('its row was just being drawn anew');
    await this.page.waitForTimeout(500);
    if (await missed.isVisible()) {
      // Not by the palette, which gives the focus back when it closes, and takes it from what the icon opens
      await missed.hover();
      await missed.locator('.codicon-notifications-clear').click();
      await row.hover();
      await icon.click();
    }
  }

  /** Clicks an icon in the title of the view, which is the side bar's as long as it is the only view. */
  async clickTitleAction(action: string): Promise<void> {
    await this.page.locator('.sidebar').hover();
    const icons = this.page.locator(
      '.sidebar :is(.title-actions, .pane-header) .action-label:visible',
    );
    await icons.and(this.page.locator(`[aria-label^="${action}"]`)).click();
  }

  /** The open context menu. */
  menu(): Locator {
    return this.page.locator('.context-view .monaco-menu').last();
  }

  /** Opens a row's context menu and returns it. */
  async openContextMenu(label: string): Promise<Locator> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.row(label).click({ button: 'right', timeout: 10_000 });
        await this.menu().waitFor({ timeout: 5_000 });
        return this.menu();
      } catch (error) {
        if (attempt === 8) {
          throw error;
        }
        // Another row's tooltip lies above this one, or a row that was drawn anew took its menu with it
        await this.page.mouse.move(700, 450 + attempt);
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** The items of the open menu that can be chosen, in order. */
  async menuItems(): Promise<readonly string[]> {
    const labels = this.menu().locator('.action-item:not(.disabled) .action-label:not(.separator)');
    return (await labels.allTextContents())
      .map((text) => text.trim())
      .filter((text) => text !== '');
  }

  /**
   * Waits until an item of a row's menu can be chosen, and leaves the menu closed. Rows are there before their host counts
   * as connected, and until then nothing can be done to its VMs.
   */
  async whenMenuOffers(row: string, item: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.openContextMenu(row);
      const items = await this.menuItems();
      await this.page.keyboard.press('Escape');
      await this.menu().waitFor({ state: 'detached' });
      if (items.includes(item)) {
        return;
      }
      if (attempt === 10) {
        throw new Error(`the menu of ${row} offers ${items.join(', ')}, but not ${item}`);
      }
    }
  }

  /** Chooses an item of the open menu, or of its submenus when several are given. */
  async pickMenu(...labels: readonly string[]): Promise<void> {
    const last = labels.length - 1;
    for (const label of labels.slice(0, last)) {
      await this.menu()
        .locator('.action-label')
        .filter({ hasText: exactly(label) })
        .hover();
    }
    const item = this.menu()
      .locator('.action-label')
      .filter({ hasText: exactly(labels[last] ?? '') });
    await item.waitFor();
    // A menu ignores clicks right after it opened: click until it has gone.
    for (let attempt = 0; attempt < 50; attempt++) {
      await this.page.waitForTimeout(150);
      if (!(await this.menu().isVisible())) {
        return;
      }
      await item.click({ timeout: 2_000 }).catch(() => undefined);
    }
    throw new Error(`The menu did not close after a click on ${labels.join(' > ')}`);
  }

  /** Runs a command by its full title in the palette, such as `VM Deck: Add Host...`. */
  async runCommand(title: string): Promise<void> {
    const item = this.quickItem(title);
    await this.#untilItWorks(async () => {
      await this.openPalette(title);
      await item.click({ timeout: 5_000 });
      // A list that is drawn anew under the click does not take it, and stays
      await item.waitFor({ state: 'hidden', timeout: 5_000 });
    });
  }

  /** Opens the palette and types into it. */
  async openPalette(text: string): Promise<void> {
    await this.#untilItWorks(async () => {
      await this.page.keyboard.press('F1');
      // Typed letter by letter, some arrive before it takes them on a busy machine
      await this.quickInput().fill(`>${text}`, { timeout: 5_000 });
    });
  }

  /** Tries again what a person would: what takes the focus closes the palette, and a condition may not be met yet. */
  async #untilItWorks(step: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await step();
        return;
      } catch (error) {
        if (attempt === 8) {
          throw error;
        }
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** The input of the quick pick or input box that is open. */
  quickInput(): Locator {
    return this.page.locator('.quick-input-widget:visible input.input');
  }

  /** The title of the open quick input, with its step as in `Add Host (2/4)`. */
  quickTitle(text: string): Locator {
    return this.page
      .locator('.quick-input-widget:visible .quick-input-title')
      .filter({ hasText: text });
  }

  /** What the open quick input says about what was typed. */
  quickInputMessage(): Locator {
    return this.page.locator('.quick-input-widget:visible .quick-input-message');
  }

  /** The rows of the open quick pick. */
  quickItems(): Locator {
    return this.page.locator('.quick-input-list .monaco-list-row');
  }

  /** Chooses the row of the quick pick that is called exactly this. */
  async pickQuickItem(label: string): Promise<void> {
    await this.quickItem(label).click();
  }

  /** The row of the quick pick that is called exactly this: the first hit may be another. */
  quickItem(label: string): Locator {
    const quoted = label.replace(/["\\]/g, '\\$&');
    // What follows the name, such as its keys, is told after a comma
    const names = `[aria-label="${quoted}"], [aria-label^="${quoted},"]`;
    return this.quickItems().and(this.page.locator(names)).first();
  }

  /** Chooses the row of the quick pick that shows this text, which may begin with an icon. */
  async clickQuickItem(text: string | RegExp): Promise<void> {
    await this.quickItems().filter({ hasText: text }).first().click();
  }

  /** Replaces the text of the open input box and accepts it. */
  async answerQuickInput(text: string): Promise<void> {
    await this.quickInput().fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** A notification that holds this text. */
  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text });
  }

  /** Clicks a button of a notification. */
  async clickNotification(text: string | RegExp, button: string): Promise<void> {
    const toast = this.notification(text);
    await toast.hover();
    await toast
      .locator('.monaco-button')
      .filter({ hasText: exactly(button) })
      .click();
  }

  /** A modal question that holds this text. */
  dialog(text: string | RegExp): Locator {
    return this.page.locator('.monaco-dialog-box', { hasText: text });
  }

  /** Answers a modal question. */
  async clickDialog(text: string | RegExp, button: string): Promise<void> {
    await this.dialog(text)
      .locator('.monaco-button')
      .filter({ hasText: exactly(button) })
      .click();
  }

  /** An item of the status bar that holds this text. */
  statusItem(text: string | RegExp): Locator {
    return this.page.locator('.statusbar-item', { hasText: text });
  }

  /** An editor's or a terminal editor's tab that holds this text. */
  tab(text: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: text });
  }

  /** What the terminal in front shows. */
  terminal(): Locator {
    return this.page.locator('.terminal-wrapper.active .xterm-rows');
  }

  /** The text of the editor in front, as far as it is scrolled into view. */
  async editorText(): Promise<string> {
    const lines = this.page.locator('.editor-instance .view-lines').first();
    await lines.waitFor();
    // The editor draws spaces as no-break ones.
    return (await lines.innerText()).replaceAll('\u00a0', ' ');
  }

  /** A line of the editor in front that holds this text. */
  editorLine(text: string): Locator {
    // The editor draws spaces as no-break ones.
    const pattern = text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(' ', '\\s');
    return this.page
      .locator('.editor-instance .view-lines .view-line')
      .filter({ hasText: new RegExp(pattern) });
  }

  /** Saves what is seen as `.cache/screenshots/NAME.png` and returns the file's path. */
  async screenshot(name: string): Promise<string> {
    const file = path.join(cacheFolder, 'screenshots', `${name.replace(/[^\w.-]+/g, '-')}.png`);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    // A cursor that blinks makes two pictures of the same thing differ.
    await this.page.screenshot({ path: file, caret: 'hide', animations: 'disabled' });
    return file;
  }
}
