// What the page's modules hand to each other. The first part is what explorer_data.cc writes.

/** A number of an array of its own: the element <script id="a7">. */
export type Ref = number;

export interface Prompt {
  text: string | null;
  category: string | null;
  prompt_id: string | null;
  ids: number[];
  tokens: string[];
  /** Bytes as hexadecimal digits of tokens whose text is no whole character, by position. */
  bytes: Record<string, string>;
}

export interface LogitRow {
  position: number;
  entropy: Num;
  top: [string, Num][];
}

/** A number that JSON can hold, or the words "inf", "-inf", "nan". */
export type Num = number | string | null;

/** [layer, token, channel, value, median] */
export type MassiveRow = [number, number, number, Num, Num];

export interface Sequence {
  norms: Record<string, Ref>;
  dots: Record<string, Ref>;
  /** Present when the lens was measured: the positions, and their entropies as (layers x positions). */
  lens: { positions: number[]; entropy: Ref } | null;
  /** With --heads: the layers that have attention; each array is (layers x heads x tokens). */
  heads: { layers: number[]; count: number; contribution: Ref; first_token_mass: Ref; massive_token_mass: Ref; entropy: Ref } | null;
  logits: LogitRow[];
  massive: MassiveRow[];
  massive_count: number;
  /** Of a comparison, on B: per site. */
  beside_a: Record<string, { cosine: Ref; distance: Ref }> | null;
}

export interface Model {
  name: string;
  facts: Record<string, unknown>;
  engine: Record<string, unknown>;
  layers: number;
  /** resid_pre is the stream before: embed, then resid_post of the layer above. */
  pre_is_previous: boolean;
  sequences: Sequence[];
  warnings: string[];
}

export interface SpanEnds {
  name: string;
  title: string;
  numerator: { site: string; layer: number } | null;
  denominator: { site: string; layer: number } | null;
  why_absent: string;
}

export interface Head {
  format: string;
  element: 'float64' | 'float32';
  arrays: number;
  prompts: Prompt[];
  models: Model[];
  reductions: { name: string; title: string }[];
  spans: SpanEnds[];
  poolings: string[];
  presets: { name: string; id: string; note: string }[];
}

// Between modules.

/** A finite number, or why there is none. */
export interface Measured {
  value: number | null;
  reason: string;
}

export interface Gain extends Measured {
  numerator: number;
  denominator: number;
}

export interface Pooled extends Measured {
  spread: number | null;
  used: number;
  prompts: number;
}

/** One table of (rows x tokens), as it stands in the measurement. */
export interface Table {
  rows: number;
  tokens: number;
  values: Float64Array;
}

export interface State {
  prompt: number;
  quantity: string;
  site: string;
  model: number;
  versus: string;
  /** 'mean', 'all', or the number of a head. */
  head: string;
  reduction: string;
  span: string;
  pooling: string;
  scope: string;
  log: boolean;
  skip: boolean;
  robust: boolean;
  /** Of the chosen cell: the label of a row, so that it means the same in every view; '' when none is chosen. */
  layer: string;
  /** -1 when none is chosen. */
  token: number;
  from: number;
  to: number;
  /** Layers and tokens. */
  pins: [string, number][];
  sort: string;
  search: string;
  apart: number;
}

/** What the raster shows. */
export interface View {
  title: string;
  unit: string;
  /** sequential: magnitudes; around: differences from `middle`. */
  scale: 'sequential' | 'around';
  middle: number;
  /** A label is 'embed', '4', '4.2' (head 2 of layer 4), 'ln_final'; no two rows share one. */
  rows: { label: string; name: string }[];
  tokens: number;
  values: Float64Array;
  why: (row: number, token: number) => string;
}

export interface Range {
  low: number;
  high: number;
  log: boolean;
  scale: 'sequential' | 'around';
  middle: number;
}

export interface Series {
  label: string;
  values: Float64Array | number[];
  colour: string;
  dashed?: boolean;
  wide?: boolean;
}

/** Where the raster draws, in CSS pixels. */
export interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}
