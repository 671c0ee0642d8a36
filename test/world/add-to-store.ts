/** A process of its own that adds to a counter: `add-to-store.ts FILE TIMES`. */
import { openSqliteStore } from '../../src/world/sqlite-store.ts'

const [path = '', times] = process.argv.slice(2)
const store = openSqliteStore(path, () => new Date())
for (let count = 0; count < Number(times); count += 1) await store.add('counter', 1, 3600)
store.close()
