#!/usr/bin/env python3
"""Writes a FileDescriptorSet, read from standard input, as Swift."""
import base64
import sys

text = base64.b64encode(sys.stdin.buffer.read()).decode()
lines = [text[at : at + 96] for at in range(0, len(text), 96)]
print("// DO NOT EDIT. Generated from kinglet.proto by Scripts/protobuf.sh.\n")
print("extension Schema {")
print("  /// The `FileDescriptorSet` of kinglet.proto in base 64.")
print('  static let encoded = """')
print("\n".join("    " + line + "\\" for line in lines[:-1]))
print("    " + lines[-1] + '\n    """\n}')
