# Installs vendored wheels into /opt/app: first `dependencies`, then `project`. Used by the Dockerfile and the host engine.
set -eu
case $1 in
dependencies)
  python3 -m venv --without-pip /opt/app
  requirements="-r /build/wheels/dependencies/requirements.txt"
  ;;
project)
  requirements="--no-deps /build/wheels/project/*.whl"
  ;;
esac
# shellcheck disable=SC2086 # a list of words
python3 -m pip --python /opt/app/bin/python --disable-pip-version-check --no-cache-dir install --quiet \
  --no-index --find-links /build/wheels/dependencies --no-compile $requirements
# Checked by content and not by time: a layer's times are not to be trusted.
/opt/app/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/app/lib
