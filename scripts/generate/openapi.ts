import { openapiDocument } from '../../bridge-service/src/http/openapi-document.ts'

/** The API's description, from the same schemas that validate its requests. */
export const generateOpenapi = async (): Promise<Record<string, string>> => ({
  'docs/openapi.json': `${JSON.stringify(await openapiDocument(), null, 2)}\n`,
})
