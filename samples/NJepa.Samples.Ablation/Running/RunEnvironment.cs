using System.Reflection;
using NJepa.Models;
using TorchSharp;

namespace NJepa.Samples.Ablation.Running;

/// <summary>What a run was made with. Another one gives other last digits, which training makes larger; that is noted and not refused.</summary>
/// <param name="NJepa">NJepa's version, with the commit that it was built from where that is known.</param>
/// <param name="TorchSharp">TorchSharp's version.</param>
/// <param name="LibTorch">The version of the native library.</param>
/// <param name="Device">Such as <c>cpu</c> or <c>cuda:0</c>.</param>
/// <param name="Platform">Such as <c>linux-x64</c>.</param>
/// <param name="Threads">Threads of an operation on the processor.</param>
internal sealed record RunEnvironment(string NJepa, string TorchSharp, string LibTorch, string Device, string Platform, int Threads)
{
    private const int CommitDigits = 12;

    /// <summary>That of the part of a run that an earlier version made, which did not write it down.</summary>
    public static RunEnvironment NotRecorded { get; } = new("an earlier version", "", "", "", "", 0);

    /// <summary>That of this process.</summary>
    public static RunEnvironment Of(torch.Device device)
    {
        NativeRuntimeInfo native = NJepaRuntime.GetInfo();
        return new(Version(), native.TorchSharpVersion, native.LibTorchVersion, device.type == DeviceType.CPU ? "cpu" : device.ToString(), native.Platform, native.Threads);
    }

    public override string ToString() => this == NotRecorded
        ? "an earlier version of NJepa that did not write down what it ran on"
        : FormattableString.Invariant($"NJepa {NJepa}, TorchSharp {TorchSharp} on libtorch {LibTorch}, {Device}, {Platform}, {Threads} thread{(Threads == 1 ? "" : "s")}");

    private static string Version()
    {
        Assembly assembly = typeof(JepaModel).Assembly;
        string version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString(3) ?? "of an unknown version";
        return version.Split('+') is [string number, { Length: > CommitDigits } commit] ? $"{number}+{commit[..CommitDigits]}" : version;
    }
}
