using System.Runtime.InteropServices;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.OnnxSpeed;

/// <summary>As a program with NJepa.Models does it.</summary>
internal sealed class TorchFeatures : IFeatures
{
    private readonly ViTEncoder _encoder;

    public TorchFeatures(Work work)
    {
        NJepaRuntime.EnsureLoaded();
        if (work.Threads > 0)
        {
            set_num_threads(work.Threads);
        }

        _encoder = ViTEncoder.Load(work.Model);
    }

    public float[] Compute(byte[] pixelsBHWC, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        int side = _encoder.Configuration.ImageSize;
        Tensor images = ImageNormalization.ImageNet.ToTensor(pixelsBHWC, count, side, side, CPU);
        return MemoryMarshal.Cast<byte, float>(_encoder.EncodePooled(images).bytes).ToArray();
    }

    public void Dispose() => _encoder.Dispose();
}
