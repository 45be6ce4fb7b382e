using NJepa.Masking;
using NJepa.Models;
using NJepa.Noise;
using NJepa.Throughput.Peer;
using NJepa.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace NJepa.Throughput.Tests;

/// <summary>The peer, written with TorchSharp's own modules, computes what NJepa computes: with the same weights, masks and noise, the same loss, gradients and updates.</summary>
public sealed class PeerParityTests
{
    static PeerParityTests()
    {
        NJepaRuntime.EnsureLoaded();
        set_num_threads(1);
        random.manual_seed(1);
    }

    private static readonly long[] Samples = [3, 1, 4];

    public static TheoryData<bool, int> Cases => new() { { false, 3 }, { true, 3 }, { true, 2 } };

    private static JepaModel Model(bool regularised)
    {
        JepaBuilder builder = Parity.TinyModel().WithNoisyPredictor(EdmNoise.Default).WithMultiLevelNoise().WithLossWeights(1, 0.5, 0.25);
        JepaModel model = (regularised ? builder.WithVarianceCovariance(0.5, 3) : builder).Build();
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        model.Parameters.Values.copy_(randn(model.Parameters.Count) * 0.1);
        model.TeacherParameters.Values.copy_(randn(model.TeacherParameters.Count) * 0.1);
        return model;
    }

    private static PeerTraining Peer(JepaModel model)
    {
        string file = Path.GetTempFileName();
        try
        {
            var peer = new PeerTraining(model.Configuration, CPU);
            model.SaveWeights(file);
            using IDisposable noGradient = no_grad();
            using DisposeScope scope = NewDisposeScope();
            using SafetensorsFile weights = SafetensorsFile.Open(file);
            foreach ((string name, Parameter parameter) in Parameters(peer))
            {
                using Tensor value = weights.Read(name);
                value.shape.Should().Equal(parameter.shape, name);
                parameter.copy_(value);
            }

            return peer;
        }
        finally
        {
            File.Delete(file);
        }
    }

    // Under NJepa's names.
    private static IEnumerable<(string Name, Parameter Value)> Parameters(PeerTraining peer)
    {
        (string Prefix, nn.Module Module)[] modules = [("encoder.", peer.Student), ("target_encoder.", peer.Teacher), ("predictor.", peer.Clean), ("noisy_predictor.", peer.Noisy)];
        foreach ((string prefix, nn.Module module) in modules)
        {
            foreach ((string name, Parameter parameter) in module.named_parameters())
            {
                string ours = name.Replace(".qkv.", ".attn.qkv.", StringComparison.Ordinal).Replace(".proj.", ".attn.proj.", StringComparison.Ordinal)
                    .Replace(".fc", ".mlp.fc", StringComparison.Ordinal).Replace("patch_embed.", "patch_embed.proj.", StringComparison.Ordinal);
                yield return (prefix + (ours == "pos_embed" && module is PeerPredictor ? "predictor_pos_embed" : ours), parameter);
            }
        }
    }

    private static (Tensor Images, JepaInputs Ours, PeerInputs Theirs) Batch(JepaModel model, long step, int count = 3)
    {
        long[] samples = Samples[..count];
        JepaInputs ours = model.SampleInputs(7, step, samples);
        MaskBatch masks = model.MaskSampler.Sample(7, step, samples);
        PeerInputs theirs = PeerInputs.From(masks, model.Configuration.Predictor.Width, CPU) with { NoiseBMTP = ours.NoiseBMTP! };
        return (randn(count, 3, 32, 32), ours, theirs);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradients_are_NJepa_s(bool regularised, int count) => LeavingNothing(() =>
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Model(regularised);
        using PeerTraining peer = Peer(model);
        (Tensor images, JepaInputs ours, PeerInputs theirs) = Batch(model, 0, count);

        JepaOutputs outputs = model.Forward(images, ours);
        JepaLosses losses = model.ComputeLosses(outputs);
        model.Backward(outputs, losses.Total);
        Tensor loss = peer.Loss(images, theirs);
        loss.backward();

        Parity.ShouldMatch(loss, losses.Total, 1e-6, 1e-5, "the loss");
        int compared = 0;
        foreach ((string name, Parameter parameter) in Parameters(peer))
        {
            if (!parameter.requires_grad)
            {
                (name.Contains("pos_embed", StringComparison.Ordinal) || name.StartsWith("target_", StringComparison.Ordinal)).Should().BeTrue(name);
                continue;
            }

            Tensor expected = model.Parameters[name].Gradient!;
            Parity.ShouldMatch(parameter.grad!, expected, 2e-6 + (1e-4 * expected.abs().max().item<float>()), 1e-4, name);
            expected.abs().max().item<float>().Should().BeGreaterThan(0, name);
            compared++;
        }

        compared.Should().Be(model.Parameters.Parameters.Count);
    });

    [Fact]
    public void Steps_update_student_predictors_and_teacher_as_NJepa_does() => LeavingNothing(() =>
    {
        using DisposeScope scope = NewDisposeScope();
        using JepaModel model = Model(regularised: true);
        using PeerTraining peer = Peer(model);
        using var optimizer = new FlatAdamW(model.Parameters);
        Dictionary<string, Tensor> before = model.Parameters.Parameters.Concat(model.TeacherParameters.Parameters).ToDictionary(parameter => parameter.Name, parameter => parameter.Value.detach().clone());
        for (int step = 0; step < 3; step++)
        {
            (Tensor images, JepaInputs ours, PeerInputs theirs) = Batch(model, step);
            JepaLosses losses = model.ComputeGradients((_, _) => images, ours);
            optimizer.Step(0.01 * (step + 1), 0.3);
            model.Parameters.ZeroGradients();
            model.UpdateTeacher(0.9);

            double loss = peer.Step(images, theirs, 0.01 * (step + 1), 0.3, 0.9);
            loss.Should().BeApproximately(losses.Total.item<float>(), 1e-3);
        }

        foreach ((string name, Parameter parameter) in Parameters(peer).Where(pair => before.ContainsKey(pair.Name)))
        {
            // AdamW turns the gradient of the keys' bias, which is rounding alone, into whole steps of its own.
            if (!name.EndsWith("qkv.bias", StringComparison.Ordinal))
            {
                Tensor ours = (model.Parameters.Contains(name) ? model.Parameters : model.TeacherParameters)[name].Value.detach();
                double apart = ((parameter.detach() - ours).norm() / (ours - before[name]).norm()).item<float>();
                apart.Should().BeLessThan(0.02, name);
            }
        }
    });

    // TorchSharp counts a parameter of a module twice, as a tensor and as a parameter, and only one of the two is ever taken off.
    private static void LeavingNothing(Action test)
    {
        long before = Tensor.TotalCount;
        test();
        using JepaModel model = Model(regularised: false);
        int parameters = (2 * model.TeacherParameters.Parameters.Count) + (model.Parameters.Parameters.Count - model.TeacherParameters.Parameters.Count) + 4;
        model.Dispose();
        (Tensor.TotalCount - before).Should().Be(parameters, "each of the peer's parameters, position tables included, is counted once too often");
    }

    [Fact]
    public void Its_noise_has_the_levels_of_the_default_noise()
    {
        using DisposeScope scope = NewDisposeScope();
        PatchGrid grid = new(8, 8);
        MaskBatch masks = (MultiBlockMasking.Paper with { MinKeep = 4 }).CreateSampler(grid).Sample(0, 0, [.. Enumerable.Range(0, 500).Select(i => (long)i)]);

        PeerInputs inputs = PeerInputs.From(masks, 16, CPU);

        // 2000 blocks; the root mean square of a block's noise is its sigma to 1 in 20.
        Tensor level = inputs.NoiseBMTP.pow(2).mean([2, 3]).sqrt().log();
        inputs.NoiseBMTP.shape.Should().Equal(500, masks.TargetBlocks, masks.TargetLength, 16);
        ((double)level.mean().item<float>()).Should().BeApproximately(EdmNoise.Default.PMean, 0.12);
        ((double)level.std().item<float>()).Should().BeApproximately(EdmNoise.Default.PStd, 0.1);
        inputs.VisibleBK.data<long>().ToArray().Should().Equal(masks.Context.ToArray().Select(patch => (long)patch));
        inputs.TargetsBMT.data<long>().ToArray().Should().Equal(masks.Targets.ToArray().Select(patch => (long)patch));
    }
}
