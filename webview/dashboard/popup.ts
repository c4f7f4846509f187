/** Something that lies over the page until it is done with, Escape is pressed, or the person goes elsewhere. */
export class Popup {
  readonly #root: HTMLElement;
  readonly #returnTo: Element | null;
  readonly #onClose: (() => void) | undefined;
  readonly #abort = new AbortController();
  #isOpen = true;

  /** Shows an element at a place, moved so that it fits on the page. The focus goes back where it was. */
  constructor(
    root: HTMLElement,
    { x, y, onClose }: { readonly x: number; readonly y: number; readonly onClose?: () => void },
  ) {
    this.#root = root;
    this.#returnTo = document.activeElement;
    this.#onClose = onClose;
    root.classList.add('popup');
    (document.querySelector('main') ?? document.body).append(root);
    const { width, height } = root.getBoundingClientRect();
    root.style.left = `${Math.max(0, Math.min(x, window.innerWidth - width - 4))}px`;
    root.style.top = `${Math.max(0, Math.min(y, window.innerHeight - height - 4))}px`;
    const { signal } = this.#abort;
    document.addEventListener(
      'mousedown',
      (event) => {
        if (event.target instanceof Node && !root.contains(event.target)) {
          this.close();
        }
      },
      { signal, capture: true },
    );
    root.addEventListener(
      'keydown',
      (event) => {
        if (
          event.key === 'Escape' ||
          (event.key === 'Tab' && root.getAttribute('role') === 'menu')
        ) {
          event.preventDefault();
          event.stopPropagation();
          this.close();
        }
      },
      { signal },
    );
    window.addEventListener(
      'blur',
      () => {
        this.close();
      },
      { signal },
    );
    window.addEventListener(
      'resize',
      () => {
        this.close();
      },
      { signal },
    );
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    if (!this.#isOpen) {
      return;
    }
    this.#isOpen = false;
    this.#abort.abort();
    const hadFocus = this.#root.contains(document.activeElement);
    this.#root.remove();
    if (hadFocus && this.#returnTo instanceof HTMLElement) {
      this.#returnTo.focus({ preventScroll: true });
    }
    this.#onClose?.();
  }
}
