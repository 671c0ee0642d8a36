import { z } from 'zod'

/** The certificate that clients see. */
export const tlsSchema = z.strictObject({
  cert: z.string().min(1).describe('The file with the certificate and its chain, in PEM form; read again when it changes.'),
  key: z.string().min(1).describe('The file with the private key of the certificate, in PEM form.'),
})
