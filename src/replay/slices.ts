/** A part of the time that is judged again. */
export interface Slice {
  readonly since: Date
  /** The first moment behind it. */
  readonly until: Date
  /** What comes before the window only fills the memory of the rules. */
  readonly counts: boolean
}

/** A time from one moment up to another. */
interface Span {
  readonly since: Date
  readonly until: Date
}

/** What is in one of them is in memory at a time. */
const parts = 256

/** Cuts a window into slices, behind one slice for what came before it, as far back as the warm-up goes. */
export function cutIntoSlices({ since, until }: Span, warmUpMs: number): Slice[] {
  const [from, to] = [since.getTime(), until.getTime()]
  const step = Math.max(1, Math.ceil((to - from) / parts))
  const starts = Array.from({ length: Math.ceil((to - from) / step) }, (_, part) => from + part * step)
  const slices = starts.map(start => ({ since: new Date(start), until: new Date(Math.min(start + step, to)), counts: true }))
  return warmUpMs > 0 ? [{ since: new Date(from - warmUpMs), until: since, counts: false }, ...slices] : slices
}
