import type { MetricCatalogue, MetricDefinition } from './definition.js';
import { exposition } from './exposition.js';
import { Family, HistogramFamily } from './family.js';

type HistogramName<C extends MetricCatalogue> = {
  [N in keyof C]: C[N]['type'] extends 'histogram' ? N : never;
}[keyof C];

/** The metrics of one process. Counting is an addition to a number; text is made of it when somebody asks. */
export class Metrics<const C extends MetricCatalogue> {
  readonly #catalogue: C;
  readonly #others: () => Promise<string>;
  readonly #families = new Map<keyof C, Family>();
  readonly #histograms = new Map<keyof C, HistogramFamily>();
  readonly #beforeScrape: (() => void)[] = [];

  /** `others`: exposition text that follows that of the catalogue. */
  constructor(catalogue: C, others: () => Promise<string> = async () => '') {
    this.#catalogue = catalogue;
    this.#others = others;
    for (const [name, definition] of this.#definitions()) {
      if (definition.type === 'histogram') this.#histograms.set(name, new HistogramFamily(name, definition));
      else {
        const family = new Family(definition);
        // A counter without labels is there from the start, so that a rate over it never begins with a gap.
        if (definition.labels.length === 0) family.cell();
        this.#families.set(name, family);
      }
    }
  }

  family(name: Exclude<keyof C, HistogramName<C>>): Family {
    return this.#families.get(name) as Family;
  }

  histogram(name: HistogramName<C>): HistogramFamily {
    return this.#histograms.get(name) as HistogramFamily;
  }

  /** For gauges whose value is looked up when somebody asks. */
  onScrape(look: () => void): void {
    this.#beforeScrape.push(look);
  }

  /** The exposition text and its content type. */
  async scrape(): Promise<{ readonly contentType: string; readonly text: string }> {
    const others = await this.#others();
    for (const look of this.#beforeScrape) look();
    const own = this.#definitions().map(([name, definition]) => {
      const source = this.#families.get(name) ?? this.#histograms.get(name);
      return exposition(name, definition, source?.samples() ?? []);
    });
    return {
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: `${own.join('\n\n')}\n${others === '' ? '' : `\n${others}`}`,
    };
  }

  #definitions(): readonly (readonly [string, MetricDefinition])[] {
    return Object.entries(this.#catalogue);
  }
}
