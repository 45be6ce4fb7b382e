namespace NJepa.Models;

/// <summary>The build of libtorch that a program runs on, chosen by the backend package that it references.</summary>
public enum TorchBackend
{
    /// <summary>Processor only: <c>TorchSharp-cpu</c> or a <c>libtorch-cpu-*</c> package.</summary>
    Cpu = 0,

    /// <summary>NVIDIA GPUs and the processor: <c>TorchSharp-cuda-linux</c> or <c>TorchSharp-cuda-windows</c>.</summary>
    Cuda = 1,
}
