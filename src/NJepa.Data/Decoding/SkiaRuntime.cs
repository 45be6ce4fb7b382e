using System.Runtime.InteropServices;
using SkiaSharp;

namespace NJepa.Data;

/// <summary>Finds out once, and says plainly, whether the native decoder can be loaded.</summary>
internal static class SkiaRuntime
{
    private static readonly Lazy<Exception?> Failure = new(Probe);

    /// <exception cref="InvalidOperationException">The native library is missing or does not fit this machine.</exception>
    public static void EnsureLoaded()
    {
        if (Failure.Value is { } cause)
        {
            throw new InvalidOperationException(
                $"Images cannot be decoded because SkiaSharp's native library could not be loaded on " +
                $"{RuntimeInformation.RuntimeIdentifier} ({cause.GetBaseException().Message}). " +
                "Add the package SkiaSharp.NativeAssets.<platform> of the same version as SkiaSharp to the application " +
                "(on Linux: SkiaSharp.NativeAssets.Linux.NoDependencies).",
                cause);
        }
    }

    private static Exception? Probe()
    {
        try
        {
            using SKData data = SKData.CreateCopy([0]);
            return null;
        }
        catch (Exception e) when (
            e is TypeInitializationException or DllNotFoundException or BadImageFormatException
                or EntryPointNotFoundException or InvalidOperationException)
        {
            return e;
        }
    }
}
