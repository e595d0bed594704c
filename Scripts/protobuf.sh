#!/usr/bin/env bash
# Regenerates what is made of kinglet.proto: kinglet.pb.swift and Schema.pb.swift beside it, and
# kinglet_pb2.py of the Python package. Needed only when the schema changes.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/say.sh

command -v protoc >/dev/null ||
  fail "missing Debian package: protobuf-compiler." "sudo apt-get install -y protobuf-compiler"
swift package resolve
# The plugin is built from the very package that the messages are linked with.
plugin=(swift build -c release --package-path .build/checkouts/swift-protobuf
  --scratch-path .build/protoc-gen-swift --product protoc-gen-swift)
"${plugin[@]}"
protoc --plugin="$("${plugin[@]}" --show-bin-path)/protoc-gen-swift" \
  --swift_out=Sources/Messages --swift_opt=Visibility=Internal --swift_opt=UseAccessLevelOnImports=true \
  --python_out=python/kinglet_gym --proto_path=Sources/Messages Sources/Messages/kinglet.proto
protoc --descriptor_set_out=/dev/stdout --proto_path=Sources/Messages Sources/Messages/kinglet.proto |
  Scripts/descriptor.py > Sources/Messages/Schema.pb.swift
