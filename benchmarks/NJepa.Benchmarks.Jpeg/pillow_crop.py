"""The Pillow side of the JPEG benchmark: decodes, crops and resizes as torchvision's image folder and RandomResizedCrop do.

Started by NJepa.Benchmarks.Jpeg as `python3 pillow_crop.py list.json`. The list holds the side of the result and for each image its path
and box. Prints one line of versions, then answers each line of its input:
  time FIRST COUNT   the seconds of each of these images, as a JSON array
  show INDEX         the RGB bytes of one crop, in base64
"""

import base64
import json
import sys
import time

try:
    import PIL
    from PIL import Image, features
except ImportError:
    print("Pillow is missing", flush=True)
    sys.exit(3)


def crop(item, size):
    with open(item["path"], "rb") as file:
        image = Image.open(file).convert("RGB")
    left, top, width, height = item["left"], item["top"], item["width"], item["height"]
    return image.crop((left, top, left + width, top + height)).resize((size, size), Image.BILINEAR)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        task = json.load(file)
    size, items = task["size"], task["items"]
    turbo = "libjpeg-turbo " + str(features.version("libjpeg_turbo")) if features.check("libjpeg_turbo") else "libjpeg"
    print(f"Python {sys.version.split()[0]}, Pillow {PIL.__version__}, {turbo}", flush=True)
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "time":
            first, count = map(int, numbers)
            seconds = []
            for item in items[first:first + count]:
                start = time.perf_counter()
                crop(item, size)
                seconds.append(time.perf_counter() - start)
            print(json.dumps(seconds), flush=True)
        elif command == "show":
            print(base64.b64encode(crop(items[int(numbers[0])], size).tobytes()).decode("ascii"), flush=True)


if __name__ == "__main__":
    main()
