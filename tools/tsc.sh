#!/bin/sh
# Types of the door app and the pages' scripts, from JSDoc: one project per place code runs in.
set -eu
for project in pwa/tsconfig*.json server/handstamp/*/tsconfig*.json; do
  [ -e "$project" ] || continue
  echo "tsc -p $project"
  node_modules/.bin/tsc --noEmit -p "$project"
done
