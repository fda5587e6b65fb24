# What the fetch scripts share; to be sourced. Works with the tools of Linux and of macOS.

# digest md5|sha256 FILE: the digest, lower-case hex.
digest() {
  case $1 in
    md5) if command -v md5sum >/dev/null; then md5sum "$2" | cut -d' ' -f1; else md5 -q "$2"; fi ;;
    sha256)
      if command -v sha256sum >/dev/null; then sha256sum "$2" | cut -d' ' -f1; else shasum -a 256 "$2" | cut -d' ' -f1; fi
      ;;
  esac
}

# download URL FILE: gives up after a minute without data, and then says why.
download() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --connect-timeout 15 --speed-limit 1000 --speed-time 60 \
      --output "$2" "$1"
  elif command -v wget >/dev/null; then
    wget --quiet --timeout=60 --tries=1 --output-document="$2" "$1"
  else
    echo "neither curl nor wget is installed"
    return 1
  fi
}

# read_arguments NAME "$@": sets URL by --url and folder by the one positional argument; the caller has set their defaults
# and the function usage. Exits 0 after --help and 2 after a wrong argument.
read_arguments() {
  local name=$1 positional=0
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --url)
        [ $# -ge 2 ] || { echo "$name: --url wants a URL" >&2 && exit 2; }
        URL=$2
        shift 2
        ;;
      -*) echo "$name: unknown option $1" >&2 && usage >&2 && exit 2 ;;
      *)
        [ $positional -eq 0 ] || { echo "$name: wanted one folder, found also: $1" >&2 && exit 2; }
        folder=$1
        positional=1
        shift
        ;;
    esac
  done
}
