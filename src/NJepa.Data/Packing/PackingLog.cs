using Microsoft.Extensions.Logging;

namespace NJepa.Data;

/// <summary>The log messages of packing, structured.</summary>
internal static partial class PackingLog
{
    [LoggerMessage(11, LogLevel.Information, "Packing {Count} images into {Path}: about {Megabytes} MB ({Free} MB are free)")]
    public static partial void Packing(this ILogger logger, int count, string path, long megabytes, long? free);

    [LoggerMessage(12, LogLevel.Information, "Packed {Count} images into {Path} in {Elapsed}; {Bad} of them cannot be used")]
    public static partial void Packed(this ILogger logger, int count, string path, TimeSpan elapsed, int bad);

    [LoggerMessage(13, LogLevel.Information, "Using the packed images {Path}: {Count} images, shorter side {ShorterSide}")]
    public static partial void Reused(this ILogger logger, string path, int count, int shorterSide);

    [LoggerMessage(14, LogLevel.Warning, "The packed images {Path} cannot be used again and are made anew: {Reason}")]
    public static partial void Outdated(this ILogger logger, string path, string reason);

    [LoggerMessage(15, LogLevel.Information, "Packed {Done} of {Count} images")]
    public static partial void PackingProgress(this ILogger logger, int done, int count);
}
