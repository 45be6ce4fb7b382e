using static TorchSharp.torch;

namespace NJepa.Models;

/// <summary>What an encoder takes.</summary>
internal static class EncoderInput
{
    /// <summary>Compares images with an encoder's size and device.</summary>
    /// <exception cref="ArgumentException">Shape, type or device does not fit; the message says what would.</exception>
    public static void Check(Tensor imagesBCHW, ViT size, Device device)
    {
        ArgumentNullException.ThrowIfNull(imagesBCHW);
        if (imagesBCHW.IsInvalid)
        {
            throw new ArgumentException("The images' tensor has been disposed; keep it, and the dispose scope that it was made in, until it has been encoded.", nameof(imagesBCHW));
        }

        long[] shape = imagesBCHW.shape;
        long[] expected = [size.Channels, size.ImageSize, size.ImageSize];
        if (shape.Length != 4 || shape[0] < 1 || !shape.AsSpan(1).SequenceEqual(expected))
        {
            throw new ArgumentException(
                $"The images have shape [{string.Join(",", shape)}]; {size.Title} takes [B,{string.Join(",", expected)}] with B at least 1. Resize the images or build the encoder with another ImageSize.",
                nameof(imagesBCHW));
        }

        bool elsewhere = imagesBCHW.device_type != device.type || (device.index >= 0 && imagesBCHW.device_index >= 0 && imagesBCHW.device_index != device.index);
        if (imagesBCHW.dtype != ScalarType.Float32 || elsewhere)
        {
            throw new ArgumentException(
                $"The images are {imagesBCHW.dtype} on {imagesBCHW.device}; the encoder takes Float32 on {device}. ImageNormalization.ToTensor makes such tensors.", nameof(imagesBCHW));
        }

        if (imagesBCHW.is_sparse)
        {
            throw new ArgumentException("The images are a sparse tensor; the encoder takes dense ones. Call to_dense() on it.", nameof(imagesBCHW));
        }
    }
}
