# For scripts that source it, after say.sh: virtual environments of Python below External/.

# make_environment NAME REQUIREMENTS [options of pip install…]: makes External/NAME anew when the list of
# packages or the place has changed, because a virtual environment cannot be moved.
make_environment() {
  local venv=External/$1 wanted=$2 key
  key=$({ pwd; cat "$wanted"; } | sha256sum)
  if [ -f "$venv/made-of" ] && [ "$(cat "$venv/made-of")" = "$key" ]; then return; fi
  Scripts/setup.sh --python
  rm -rf "$venv"
  printf 'Installing %s into %s\n' "$wanted" "$venv"
  { python3 -m venv "$venv" && "$venv/bin/python" -m pip install --disable-pip-version-check \
    --only-binary :all: "${@:3}" -r "$wanted"; } </dev/null >"$venv.log" 2>&1 ||
    fail "the packages of $wanted could not be installed, see $venv.log."
  printf '%s\n' "$key" >"$venv/made-of"
}
