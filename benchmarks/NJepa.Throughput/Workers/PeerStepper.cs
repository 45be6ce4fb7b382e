using System.Diagnostics;
using NJepa.Data;
using NJepa.Masking;
using NJepa.Models;
using NJepa.Throughput.Options;
using NJepa.Throughput.Peer;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Throughput.Workers;

/// <summary>The peer's training step. It gets its masks from NJepa, which costs it less than masks of its own would.</summary>
internal sealed class PeerStepper : IStepper
{
    private readonly Device _device;
    private readonly JepaConfiguration _configuration;
    private readonly IMaskSampler _masks;
    private readonly PeerTraining _training;
    private readonly PeerImages _images;
    private readonly Tensor _batch;
    private readonly int _size;
    private long _steps;

    public PeerStepper(ThroughputCase work, Device device)
    {
        _device = device;
        _size = work.Batch;
        _configuration = work.Builder().Configure();
        _masks = _configuration.Recipe.Masking.CreateSampler(_configuration.Encoder.Grid);
        _training = new PeerTraining(_configuration, device);
        _images = new PeerImages(ImageSource.Open(work.Images), work.Encoder.ImageSize);
        _batch = rand(work.Batch, 3, work.Encoder.ImageSize, work.Encoder.ImageSize, device: device);
    }

    public double Step(PhaseClock clock)
    {
        clock.Start();
        Take(_batch, clock.Mark);
        clock.Mark("other");
        return 0;
    }

    public TimeSpan Run(int steps)
    {
        using var loader = new TorchSharp.Modules.DataLoader(_images, _size, shuffle: true, device: _device, num_worker: 1, drop_last: true);
        TimeSpan waited = TimeSpan.Zero;
        int taken = 0;
        while (taken < steps)
        {
            long start = Stopwatch.GetTimestamp();
            foreach (Dictionary<string, Tensor> batch in loader)
            {
                waited += Stopwatch.GetElapsedTime(start);
                Take(batch["image"], null);
                foreach (Tensor tensor in batch.Values)
                {
                    tensor.Dispose();
                }

                if (++taken == steps)
                {
                    break;
                }

                start = Stopwatch.GetTimestamp();
            }
        }

        return waited;
    }

    public void Dispose()
    {
        _batch.Dispose();
        _images.Dispose();
        _training.Dispose();
    }

    private void Take(Tensor imagesBCHW, Action<string>? clock)
    {
        using DisposeScope scope = NewDisposeScope();
        MaskBatch masks = _masks.Sample(0, _steps++, [.. Enumerable.Range(0, _size).Select(i => (long)i)]);
        _training.Step(imagesBCHW, PeerInputs.From(masks, _configuration.Predictor.Width, _device), 1e-4, 0.04, 0.996, clock);
    }
}
