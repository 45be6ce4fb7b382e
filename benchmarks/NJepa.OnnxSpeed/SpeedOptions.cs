using NJepa.Models;

namespace NJepa.OnnxSpeed;

/// <summary>What is measured.</summary>
/// <param name="Network">The network.</param>
/// <param name="BatchSize">Images at once.</param>
/// <param name="Images">Images that each turn times, rounded up to whole batches.</param>
/// <param name="Turns">Processes of each kind.</param>
/// <param name="Threads">Threads of both runtimes; 0 for their own choice.</param>
internal sealed record SpeedOptions(ViT Network, int BatchSize, int Images, int Turns, int Threads);
