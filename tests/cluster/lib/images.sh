# The test images: built once a machine, loaded into both runtimes. Sourced after node.sh.

# Whatever changes the images changes the key: what is in their folder, how they are built, whether 3.8 is there.
images_key() {
  {
    cat "$lib/build-images"
    (cd "$here/images" && find . -type f | sort | xargs sha256sum)
    "$lib/find-python38" || true
  } | sha256sum | cut -c1-12
}

ensure_images() {
  images_tar=$cache/images-$(images_key).tar
  [ ! -e "$images_tar" ] || return 0
  timed 'building the test images' "$lib/build-images" "$images_tar"
}

load_into_docker() {
  docker image inspect cstudio-test/python:1 cstudio-test/baked:1 cstudio-test/noshell:1 >/dev/null 2>&1 ||
    docker load --quiet --input "$images_tar" >/dev/null
}

load_into_cluster() {
  ctr_k8s images import "$images_tar" >/dev/null
  echo "$images_tar" >"$run/images"
}
