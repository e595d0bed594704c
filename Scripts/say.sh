# Sourced by the set-up scripts.

# fail <what is missing> <command that puts it right>
fail() {
  printf 'kinglet: %s\n' "$1" >&2
  if [ -n "${2-}" ]; then printf '         Run: %s\n' "$2" >&2; fi
  exit 1
}
