interface Scrape {
  readonly contentType: string;
  readonly text: string;
}

/** From this size on (about two thousand series) making the text takes milliseconds, */
const largeText = 262_144;
/** and it is given again for so long. Prometheus asks every 15 s or so. */
const givenAgain = 1_000;

/** Metrics for anyone who asks, however often: whoever asks while a text is being made shares it, and a large one counts for a second. */
export function sharedScrape(
  scrape: () => Promise<Scrape>,
  now: () => number = () => performance.now(),
): () => Promise<Scrape> {
  let made: { readonly scrape: Promise<Scrape>; until: number } | undefined;
  return () => {
    if (made !== undefined && now() < made.until) return made.scrape;
    const own = { scrape: scrape(), until: Number.POSITIVE_INFINITY };
    made = own;
    own.scrape.then(
      ({ text }) => {
        own.until = text.length < largeText ? 0 : now() + givenAgain;
      },
      () => {
        own.until = 0;
      },
    );
    return own.scrape;
  };
}
