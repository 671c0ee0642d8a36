import { z } from 'zod'
import { parseEndpoint } from './endpoint.ts'
import { parsed } from './parsed.ts'

/** Where those ask who watch. */
export const metricsSchema = z.strictObject({
  listen: parsed('an address and a port, such as 127.0.0.1:9125 or "[::1]:9125"', parseEndpoint)
    .prefault('127.0.0.1:9125')
    .describe('The address and the port of /metrics, /healthz and /readyz; there is no password, so best one of this machine.'),
})
