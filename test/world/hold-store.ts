/** A process of its own that keeps the file of a store locked until it is killed: `hold-store.ts FILE`. */
import { DatabaseSync } from 'node:sqlite'

const database = new DatabaseSync(process.argv[2] ?? '')
database.exec("BEGIN IMMEDIATE; INSERT INTO entry VALUES ('held', 1, 0)")
process.stdout.write('held\n')
setInterval(() => database.isOpen, 60_000)
