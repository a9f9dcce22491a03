// Reads [{schema, cases: [...]}, ...] and prints [[true, false, ...], ...]: what ajv accepts.
const Ajv = require('ajv/dist/2020')
const fs = require('fs')
const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, strictSchema: true, validateSchema: true })
const sheets = JSON.parse(fs.readFileSync(0, 'utf8'))
const verdicts = sheets.map(({ schema, cases }) => {
  const validate = ajv.compile(schema)
  return cases.map((one) => validate(one))
})
process.stdout.write(JSON.stringify(verdicts))
