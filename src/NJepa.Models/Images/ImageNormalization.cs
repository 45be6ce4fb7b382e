using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>Mean and standard deviation per channel, in units of the pixel range [0, 1]: <c>(pixel / 255 - mean) / std</c>.</summary>
/// <param name="MeanRed">Mean of the red channel, from -1e6 to 1e6.</param>
/// <param name="MeanGreen">Mean of the green channel, from -1e6 to 1e6.</param>
/// <param name="MeanBlue">Mean of the blue channel, from -1e6 to 1e6.</param>
/// <param name="StdRed">Standard deviation of the red channel, from 1e-6 to 1e6.</param>
/// <param name="StdGreen">Standard deviation of the green channel, from 1e-6 to 1e6.</param>
/// <param name="StdBlue">Standard deviation of the blue channel, from 1e-6 to 1e6.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is not in its range.</exception>
public sealed record ImageNormalization(double MeanRed, double MeanGreen, double MeanBlue, double StdRed, double StdGreen, double StdBlue)
{
    private const double Least = 1e-6;
    private const double Most = 1e6;

    /// <summary>ImageNet's, which I-JEPA and N-JEPA use: mean 0.485, 0.456, 0.406; standard deviation 0.229, 0.224, 0.225.</summary>
    public static ImageNormalization ImageNet { get; } = new(0.485, 0.456, 0.406, 0.229, 0.224, 0.225);

    /// <summary>Mean of the red channel, from -1e6 to 1e6.</summary>
    public double MeanRed { get; init => field = Bounded(value, nameof(MeanRed)); } = Bounded(MeanRed, nameof(MeanRed));

    /// <summary>Mean of the green channel, from -1e6 to 1e6.</summary>
    public double MeanGreen { get; init => field = Bounded(value, nameof(MeanGreen)); } = Bounded(MeanGreen, nameof(MeanGreen));

    /// <summary>Mean of the blue channel, from -1e6 to 1e6.</summary>
    public double MeanBlue { get; init => field = Bounded(value, nameof(MeanBlue)); } = Bounded(MeanBlue, nameof(MeanBlue));

    /// <summary>Standard deviation of the red channel, from 1e-6 to 1e6.</summary>
    public double StdRed { get; init => field = Positive(value, nameof(StdRed)); } = Positive(StdRed, nameof(StdRed));

    /// <summary>Standard deviation of the green channel, from 1e-6 to 1e6.</summary>
    public double StdGreen { get; init => field = Positive(value, nameof(StdGreen)); } = Positive(StdGreen, nameof(StdGreen));

    /// <summary>Standard deviation of the blue channel, from 1e-6 to 1e6.</summary>
    public double StdBlue { get; init => field = Positive(value, nameof(StdBlue)); } = Positive(StdBlue, nameof(StdBlue));

    /// <summary>Turns interleaved bytes into a normalised tensor. The bytes cross to the device as they are; conversion happens there.</summary>
    /// <param name="pixelsBHWC">RGB bytes, <c>[B,H,W,3]</c>; the array may be longer than needed.</param>
    /// <param name="count">B, at least 1.</param>
    /// <param name="height">H in pixels.</param>
    /// <param name="width">W in pixels.</param>
    /// <param name="device">Where the tensor goes.</param>
    /// <returns><c>[B,3,H,W]</c> float32; it belongs to the caller or the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The array is shorter than B x H x W x 3, or one of these is less than 1.</exception>
    /// <exception cref="NativeRuntimeException">The native libraries cannot be loaded, or the device is not there; the message says why and what to do.</exception>
    public Tensor ToTensor(byte[] pixelsBHWC, int count, int height, int width, Device device)
    {
        ArgumentNullException.ThrowIfNull(pixelsBHWC);
        ArgumentNullException.ThrowIfNull(device);
        Int128 needed = (Int128)count * height * width * 3;
        if (count < 1 || height < 1 || width < 1 || pixelsBHWC.Length < needed)
        {
            throw new ArgumentException($"{pixelsBHWC.Length} bytes cannot hold {count} RGB images of {height} x {width} pixels; {needed} bytes are needed, and count and sides must be at least 1.", nameof(pixelsBHWC));
        }

        NJepaRuntime.EnsureLoaded();
        ModelDevice.RequireUsable(device);
        using DisposeScope scope = NewDisposeScope();
        Tensor bytes = DeviceUpload.Send<byte>(pixelsBHWC.AsSpan(0, (int)needed), [count, height, width, 3], ScalarType.Byte, device);
        return Normalize(bytes).MoveToOuterDisposeScope();
    }

    /// <summary>Normalises bytes where they are.</summary>
    /// <param name="pixelsBHWC">RGB bytes, <c>[B,H,W,3]</c> of type Byte, on any device.</param>
    /// <returns><c>[B,3,H,W]</c> float32 on the same device; it belongs to the caller or the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The tensor is not of bytes, or not of that shape.</exception>
    public Tensor Normalize(Tensor pixelsBHWC)
    {
        ArgumentNullException.ThrowIfNull(pixelsBHWC);
        if (pixelsBHWC.IsInvalid || pixelsBHWC.is_sparse || pixelsBHWC.dtype != ScalarType.Byte || pixelsBHWC.dim() != 4 || pixelsBHWC.size(3) != 3)
        {
            string what = pixelsBHWC.IsInvalid ? "disposed" : $"{(pixelsBHWC.is_sparse ? "sparse " : "")}{pixelsBHWC.dtype} [{string.Join(",", pixelsBHWC.shape)}]";
            throw new ArgumentException($"The pixels are {what}; RGB bytes of shape [B,H,W,3] are needed.", nameof(pixelsBHWC));
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor mean = DeviceUpload.Send<float>([(float)(MeanRed * 255), (float)(MeanGreen * 255), (float)(MeanBlue * 255)], [3], ScalarType.Float32, pixelsBHWC.device);
        Tensor factor = DeviceUpload.Send<float>([(float)(1 / (StdRed * 255)), (float)(1 / (StdGreen * 255)), (float)(1 / (StdBlue * 255))], [3], ScalarType.Float32, pixelsBHWC.device);
        return pixelsBHWC.to_type(ScalarType.Float32).sub_(mean).mul_(factor).permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }

    private static double Bounded(double value, string name) => value is >= -Most and <= Most
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"ImageNormalization.{name} is a mean in units of the pixel range [0, 1]; it must be from -1e6 to 1e6.");

    private static double Positive(double value, string name) => value is >= Least and <= Most
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"ImageNormalization.{name} is a standard deviation in units of the pixel range [0, 1]; it must be from 1e-6 to 1e6.");
}
