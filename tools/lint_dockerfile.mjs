// Prints what is wrong with the Dockerfiles named, one line each; exits 1 when there is any.
import { readFileSync } from 'node:fs';
import { validate } from 'dockerfile-utils';

let faults = 0;
for (const file of process.argv.slice(2)) {
  for (const { range, message } of validate(readFileSync(file, 'utf8'))) {
    console.log(`${file}:${range.start.line + 1} ${message}`);
    faults += 1;
  }
}
process.exit(faults ? 1 : 0);
