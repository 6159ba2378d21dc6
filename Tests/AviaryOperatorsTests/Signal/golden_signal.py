"""Golden values of DFT, STFT, windows and mel weights: `python golden_signal.py` writes golden_signal.json."""

import pathlib
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from golden import Cases  # noqa: E402

cases = Cases()
rng = np.random.default_rng(41)


def normal(*shape, dtype=np.float32):
    return rng.normal(size=shape).round(3).astype(dtype)


def parts(values, dtype=np.float32):
    return np.stack([values.real, values.imag], -1).astype(dtype)


def number(x):
    return x[..., 0] + (1j * x[..., 1] if x.shape[-1] == 2 else 0)


# numpy's transforms, by lengths with all kinds of factors: powers of two, threes and fives, primes, large primes.
for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 25, 30, 49, 60, 64, 67, 77, 97, 101, 128, 134, 210]:
    x = normal(2, length, 2, dtype=np.float64)
    cases.add("DFT", 20, [x], expected=[parts(np.fft.fft(number(x), axis=1), np.float64)], tolerance=1e-11)
    cases.add("DFT", 20, [x], expected=[parts(np.fft.ifft(number(x), axis=1), np.float64)], tolerance=1e-11, inverse=1)
    x = normal(1, length, 1)
    cases.add("DFT", 20, [x], expected=[parts(np.fft.rfft(x[..., 0], axis=1))], tolerance=1e-5, onesided=1)
    half = normal(1, length // 2 + 1, 2)
    cases.add("DFT", 20, [half, np.int64(length)], tolerance=1e-5, onesided=1, inverse=1,
              expected=[np.fft.irfft(number(half), n=length, axis=1)[..., None].astype(np.float32)])
x = normal(3, 4, 5, 2)
for axis in [0, 1, 2, -2, -4]:
    y = np.fft.fft(number(x), axis=axis if axis >= 0 else axis + 4)
    cases.add("DFT", 20, [x, None, np.int64(axis)], expected=[parts(y)], tolerance=1e-5)
    cases.add("DFT", 17, [x], expected=[parts(y)], tolerance=1e-5, axis=axis)
for length in [3, 5, 8]:  # cut, as it is, filled up
    for inverse in [0, 1]:
        y = (np.fft.ifft if inverse else np.fft.fft)(number(x), n=length, axis=2)
        cases.add("DFT", 20, [x, np.int64(length), np.int64(2)], expected=[parts(y)], tolerance=1e-5, inverse=inverse)
real = normal(2, 9, 1)
cases.add("DFT", 17, [real, np.int32(6)], expected=[parts(np.fft.rfft(real[..., 0], n=6, axis=1))], tolerance=1e-5, onesided=1)
cases.add("DFT", 20, [real.astype(np.float16)], tolerance=2e-3,
          expected=[parts(np.fft.fft(real.astype(np.float16)[..., 0], axis=1), np.float16)])
cases.add("DFT", 20, [np.zeros([0, 4, 1], np.float32)], expected=[np.zeros([0, 4, 2], np.float32)])
for bad, attributes in [
    ([normal(2, 4, 3)], {}), ([normal(4)], {}), ([normal(2, 4, 2), None, np.int64(2)], {}), ([normal(2, 4, 2)], {"onesided": 1}),
    ([normal(2, 4, 1)], {"onesided": 1, "inverse": 1}), ([normal(2, 4, 2), np.int64(0)], {}),
    ([normal(2, 4, 2), np.int64(-3)], {}), ([normal(2, 4, 2), np.array([2, 3])], {}), ([normal(2, 1, 2)], {"onesided": 1, "inverse": 1}),
    ([normal(2, 4, 2).astype(np.int32)], {}), ([normal(2, 4, 2), np.int64(2**62)], {}),
]:
    cases.fails("DFT", 20, bad, **attributes)

# STFT: frames by hand.
def stft(x, step, window, length, onesided):
    frames = (x.shape[1] - length) // step + 1
    values = number(x)
    rows = np.stack([values[:, f * step:f * step + length] * window for f in range(frames)], 1)
    y = np.fft.fft(rows, axis=2)
    return parts(y[:, :, :length // 2 + 1] if onesided else y, x.dtype)


for samples, step, length in [(16, 4, 8), (17, 3, 7), (20, 20, 20), (13, 1, 2), (12, 5, 1)]:
    for onesided in [0, 1]:
        x, window = normal(2, samples, 1), normal(length)
        cases.add("STFT", 17, [x, np.int64(step), window, np.int64(length)], tolerance=1e-5, onesided=onesided,
                  expected=[stft(x, step, window, length, onesided)])
        cases.add("STFT", 17, [x, np.int64(step), window], tolerance=1e-5, onesided=onesided,
                  expected=[stft(x, step, window, length, onesided)])
        cases.add("STFT", 17, [x, np.int32(step), None, np.int32(length)], tolerance=1e-5, onesided=onesided,
                  expected=[stft(x, step, np.ones(length), length, onesided)])
x = normal(1, 10, 2)
cases.add("STFT", 17, [x, np.int64(2), None, np.int64(4)], tolerance=1e-5, onesided=0, expected=[stft(x, 2, np.ones(4), 4, 0)])
x = normal(1, 10, 1)
cases.add("STFT", 17, [x, np.int64(3)], tolerance=1e-5, expected=[stft(x, 3, np.ones(10), 10, 1)])
for bad in [
    [x, np.int64(0), None, np.int64(4)], [x, np.int64(1), None, np.int64(11)], [x, np.int64(1), normal(3), np.int64(4)],
    [x, np.int64(1), normal(2, 2)], [normal(1, 10, 3), np.int64(1), None, np.int64(4)], [x, np.int64(1), None, np.int64(0)],
    [x.astype(np.int64), np.int64(1)], [x, np.array([1, 2]), None, np.int64(4)],
]:
    cases.fails("STFT", 17, bad)

for name in ["HannWindow", "HammingWindow", "BlackmanWindow"]:
    for periodic in [0, 1]:
        for size in [2, 9, 10]:
            cases.add(name, 17, [np.int64(size)], engine="reference", tolerance=1e-6, periodic=periodic)
    cases.add(name, 17, [np.int32(7)], engine="reference", tolerance=1e-12, output_datatype=11)
    cases.add(name, 17, [np.int64(0)], expected=[np.zeros([0], np.float32)])
    cases.fails(name, 17, [np.int64(-1)])
    cases.fails(name, 17, [np.float32(4)])
    cases.fails(name, 17, [np.int64(4)], output_datatype=8)
    cases.fails(name, 17, [np.int64(2**60)])
for name, middle in [("HannWindow", 1), ("HammingWindow", 1), ("BlackmanWindow", 1)]:  # as scipy.signal.windows has it
    cases.add(name, 17, [np.int64(1)], expected=[np.float32([middle])], tolerance=1e-6, periodic=0)

for bands, length, rate, low, high in [(8, 16, 8192, 0, 4096), (10, 64, 16000, 20, 8000), (3, 31, 4000, 100, 1900), (0, 16, 8192, 0, 4096)]:
    cases.add("MelWeightMatrix", 17, [np.int64(bands), np.int64(length), np.int64(rate), np.float32(low), np.float32(high)],
              engine="reference", tolerance=1e-6)
cases.add("MelWeightMatrix", 17, [np.int32(8), np.int32(16), np.int32(8192), np.float64(0), np.float64(4096)],
          engine="reference", tolerance=1e-12, output_datatype=11)
for bad in [
    [np.int64(-1), np.int64(16), np.int64(8192), np.float32(0), np.float32(4096)],
    [np.int64(8), np.int64(16), np.int64(0), np.float32(0), np.float32(4096)],
    [np.int64(8), np.int64(16), np.int64(8192), np.float32(0), np.float32(99999)],
    [np.int64(8), np.int64(16), np.int64(8192), np.float32(np.nan), np.float32(4096)],
    [np.int64(2**62), np.int64(16), np.int64(8192), np.float32(0), np.float32(4096)],
]:
    cases.fails("MelWeightMatrix", 17, bad)

cases.write(__file__)
