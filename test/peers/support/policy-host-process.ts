import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

// A policy host of MTA-STS: the same policy for each domain, whose servers are those below it.
const [address, cert = '', key = ''] = process.argv.slice(2)
createServer({ cert: readFileSync(cert), key: readFileSync(key) }, ({ headers }, response) => {
  const domain = headers.host?.replace(/^mta-sts\./, '')
  response.writeHead(200, { 'content-type': 'text/plain' })
  response.end(`version: STSv1\r\nmode: enforce\r\nmx: *.${domain}\r\nmax_age: 86400\r\n`)
}).listen(443, address, () => process.stdout.write('ready\n'))
