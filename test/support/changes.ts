/** Lets tests wait for a state instead of a time: whoever changes it tells, and conditions are looked at again. */
export class Changes {
  readonly #waiting = new Set<() => void>();

  tell(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves as soon as `check` holds. That it never does is the test's time-out. */
  until(check: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        try {
          if (!check()) return;
          resolve();
        } catch (error) {
          reject(error);
        }
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
