#!/usr/bin/env bash
# Installs iacscan for the action: the released binary for this runner, checked
# against its checksum and its build provenance, or a build of the action's own source.
#
# Read from the environment, so that no input ever becomes a part of a shell line:
#   INPUT_VERSION       a release (`1.2.3`), a commit, or empty for what the action's own ref says
#   ACTION_REF          the ref the workflow names behind `uses: …@`; empty for `uses: ./`
#   ACTION_REPOSITORY   the repository the workflow names; empty for `uses: ./`
#   GITHUB_ACTION_PATH  where the action's own source lies
#   GH_TOKEN            lets `gh` ask for the attestation
# Written: `binary` to GITHUB_OUTPUT.
set -euo pipefail

fail() {
  printf '::error title=iacscan::%s\n' "$1" >&2
  exit 2
}

is_commit() {
  [[ $1 =~ ^[0-9a-f]{40}$ ]]
}

is_release() {
  [[ $1 =~ ^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]
}

# The version the action's own source has: what a moving tag such as `v1` stands for.
source_version() {
  sed -n 's/^version = "\([^"]*\)".*/\1/p' "$source/Cargo.toml" | head -n 1
}

# Prints `build`, or the release to download, without its `v`.
choose() {
  local version=$1 ref=$2
  if [[ -n $version ]]; then
    if is_release "$version"; then
      printf '%s\n' "${version#v}"
    elif is_commit "$version"; then
      if is_commit "$ref" && [[ $ref != "$version" ]]; then
        fail "version asks for commit $version, but the action is at $ref: name the commit behind \`uses: …@\`"
      fi
      echo build
    else
      fail "version is neither a release such as 1.2.3 nor a full commit SHA"
    fi
  elif is_release "$ref"; then
    printf '%s\n' "${ref#v}"
  elif [[ $ref =~ ^v[0-9]+(\.[0-9]+)?$ ]]; then
    local own
    own=$(source_version)
    [[ v$own == "$ref".* ]] || fail "the tag $ref holds the source of version $own"
    printf '%s\n' "$own"
  else
    echo build
  fi
}

target() {
  local system=${RUNNER_OS:-$(uname -s)} machine=${RUNNER_ARCH:-$(uname -m)}
  case $machine in
    X64 | x86_64 | amd64) machine=x86_64 ;;
    ARM64 | aarch64 | arm64) machine=aarch64 ;;
    *) fail "no release is built for $system on $machine: name a commit as version to build from source" ;;
  esac
  case $system in
    Linux) echo "$machine-unknown-linux-musl" ;;
    macOS | Darwin) echo "$machine-apple-darwin" ;;
    # Windows on ARM runs x86_64 programs.
    Windows | MINGW* | MSYS*) echo "x86_64-pc-windows-msvc" ;;
    *) fail "no release is built for $system: name a commit as version to build from source" ;;
  esac
}

download() {
  curl --proto '=https' --tlsv1.2 --fail --location --silent --show-error --retry 3 --output "$2" "$1" ||
    fail "cannot download $1"
}

# Checks FILE against its one line in SHA256SUMS, both in the working directory.
check_sum() {
  local file=$1
  awk -v file="$file" '$2 == file || $2 == "*" file' SHA256SUMS >"$file.sha256"
  [[ $(wc -l <"$file.sha256") -eq 1 ]] || fail "SHA256SUMS has no single line for $file"
  if command -v sha256sum >/dev/null; then
    sha256sum -c "$file.sha256" >&2 || fail "the checksum of $file is not the released one"
  else
    shasum -a 256 -c "$file.sha256" >&2 || fail "the checksum of $file is not the released one"
  fi
}

# A checksum beside the archive says only that the download is whole; the attestation says
# that this repository's release workflow built it from this tag.
check_provenance() {
  local file=$1 repository=$2 tag=$3
  command -v gh >/dev/null ||
    fail "gh is needed to verify the release's attestation: install it, or name a commit as version to build from source"
  gh attestation verify "$file" --repo "$repository" \
    --signer-workflow "$repository/.github/workflows/release.yml" --source-ref "refs/tags/$tag" >&2 ||
    fail "$file has no valid attestation from $repository at $tag"
}

install_release() {
  local version=$1 repository=${ACTION_REPOSITORY:-} name archive url
  repository=${repository:-iacscan/iacscan}
  [[ $repository =~ ^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$ ]] || fail "the action's repository has no usable name"
  name=$(target)
  archive=iacscan-$name.tar.gz
  [[ $name == *windows* ]] && archive=iacscan-$name.zip
  url=${GITHUB_SERVER_URL:-https://github.com}/$repository/releases/download/v$version

  cd "$directory"
  download "$url/$archive" "$archive"
  download "$url/SHA256SUMS" SHA256SUMS
  check_sum "$archive"
  check_provenance "$archive" "$repository" "v$version"
  if [[ $archive == *.zip ]]; then
    unzip -q "$archive" iacscan.exe
  else
    tar -xzf "$archive" iacscan
  fi
}

build() {
  command -v cargo >/dev/null || fail "cargo is needed to build iacscan from source: name a release as version"
  # Cargo obeys the `.cargo/config.toml` of the working directory and of every directory
  # above it: the scanned tree must have no say in how the scanner is built.
  cd "$source"
  cargo build --release --locked --bin iacscan --target-dir "$directory/target" >&2
  local built=$directory/target/release/iacscan
  [[ -f $built.exe ]] && built=$built.exe
  cp "$built" "$directory/"
}

# `D:/a/_temp` is a path that Git Bash and Windows programs both understand.
portable() {
  if command -v cygpath >/dev/null; then cygpath -m "$1"; else printf '%s\n' "$1"; fi
}

source=$(portable "${GITHUB_ACTION_PATH:?}")
choice=$(choose "${INPUT_VERSION:-}" "${ACTION_REF:-}")
directory=$(portable "$(mktemp -d "${RUNNER_TEMP:-/tmp}/iacscan.XXXXXX")")
if [[ $choice == build ]]; then
  build
else
  install_release "$choice"
fi

binary=$directory/iacscan
[[ -f $binary.exe ]] && binary=$binary.exe
"$binary" --version
printf 'binary=%s\n' "$binary" >>"${GITHUB_OUTPUT:-/dev/stdout}"
