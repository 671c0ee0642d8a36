import { join } from 'node:path'

/** The top of the repository. */
export const top = join(import.meta.dirname, '..')

/** What the bench makes and may lose: below node_modules, which git ignores. */
export const cacheFolder = join(top, 'node_modules/.cache/bench')

/** Where results are kept, unless told. */
export const resultsFolder = join(import.meta.dirname, 'results')

/** The page that `--write` puts the tables into. */
export const page = join(top, 'docs/performance.md')
