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
  [ -e "$images_tar" ] || timed 'building the test images' "$lib/build-images" "$images_tar"
}

# Loaded when they are not those that this checkout describes, and when somebody has cleaned Docker's up.
refresh_images() {
  ensure_images
  if [ "$(cat "$run/images" 2>/dev/null)" != "$images_tar" ]; then
    timed 'images' load_images
    echo "$images_tar" >"$run/images"
  elif ! docker image inspect cstudio-test/{python,busybox,noshell,nonroot,baked}:1 >/dev/null 2>&1; then
    timed 'images for Docker' docker load --quiet --input "$images_tar" >/dev/null
  fi
}

load_images() {
  ctr_k8s images import "$images_tar" >/dev/null
  docker load --quiet --input "$images_tar" >/dev/null
}
